using System.Globalization;
using StackExchange.Redis;

namespace CredentialProxy.Core.Objects.Redis;

/// <summary>
/// Brings the changes of this process to Redis, in the order of their numbers, and says them again where Redis has lost some. Used by one task; what others may read says so.
/// </summary>
internal sealed class OwnerLink(IDatabase database, ObjectKeys keys, OwnerStates states, KeptChanges kept, string instance, ObjectOwnersOptions options, bool beginsEmpty, TimeProvider time)
{
    /// <summary>Changes in one call: a millisecond or two of Redis' time.</summary>
    private const int AtOnce = 128;

    /// <summary>How long the number of a process that is not heard of is kept. The control plane looks at those that it has heard of in the first half of it.</summary>
    public static readonly TimeSpan KeepNumber = TimeSpan.FromDays(1);

    private volatile string _epoch = "";
    private long _number; // written by the one task, read by all
    private string _lost = "";
    private (string Epoch, long Number) _said;

    /// <summary>The epoch that this process works in; empty before it knows one. May be read by others.</summary>
    public string Epoch => _epoch;

    /// <summary>The number of the last change that Redis has said it has. May be read by others.</summary>
    public long Number => Volatile.Read(ref _number);

    /// <summary>Told when a loss is noticed, and with how many changes were said again.</summary>
    public Action<string> OnLost { get; init; } = _ => { };

    /// <inheritdoc cref="OnLost"/>
    public Action<int, string> OnSaidAgain { get; init; } = (_, _) => { };

    /// <summary>Brings what Redis has not taken, or looks at least whether Redis still has what it took.</summary>
    /// <param name="onTaken">Told of what is another's.</param>
    /// <exception cref="ObjectOwnersUnavailableException">Redis has lost something, or takes no more.</exception>
    public async Task BringAsync(Action<NumberedChange> onTaken)
    {
        if (_epoch.Length == 0)
        {
            _epoch = await EnterAsync();
        }
        var unsent = kept.Unsent;
        var at = 0;
        do
        {
            var some = unsent.Skip(at).Take(AtOnce).ToList();
            var reply = await SendAsync(_epoch, some, Number, some.Count > 0 ? some[^1].Number : Number, onTaken);
            if (reply[0] == "lost")
            {
                await RecoverAsync(onTaken);
                return;
            }
            Note(some.Count > 0 ? some[^1].Number : Number, reply);
            at += AtOnce;
        }
        while (at < unsent.Count);
    }

    private async Task<string> EnterAsync()
    {
        if (beginsEmpty)
        {
            await states.BeginAsync();
        }
        var epoch = await states.ReadAsync();
        return epoch.Length > 0 && !epoch.Contains(':', StringComparison.Ordinal) ? epoch : throw Closed();
    }

    private async Task RecoverAsync(Action<NumberedChange> onTaken)
    {
        var state = await states.FindAsync(_epoch, instance, Number, isForgotten: false);
        if (state.IsOpen)
        {
            // They were put back while this process was away, or are another installation's by now.
            await SayAgainAsync(state.Epoch, onTaken);
            OnSaidAgain(kept.Count, state.Epoch);
            _epoch = state.Epoch;
            return;
        }
        if (_lost != state.Epoch)
        {
            _lost = state.Epoch;
            OnLost(_epoch);
        }
        var last = kept.All is [.., var newest] ? newest.Number : Number;
        if (state.IsRebuilding && _said != (state.Epoch, last))
        {
            await SayAgainAsync(state.WhileRebuilding, onTaken);
            OnSaidAgain(kept.Count, state.Epoch);
            _said = (state.Epoch, last);
        }
        throw Closed();
    }

    // What Redis or Postgres has of it counts once. Nothing is taken for kept before all of it was said: should we fail in the middle, all is said once more.
    private async Task SayAgainAsync(string epoch, Action<NumberedChange> onTaken)
    {
        var all = kept.All;
        var last = all is [.., var newest] ? Math.Max(newest.Number, Number) : Number;
        var (at, reply) = (0, Array.Empty<string>());
        do
        {
            var some = all.Skip(at).Take(AtOnce).ToList();
            at += AtOnce;
            reply = await SendAsync(epoch, some, 0, at < all.Count ? some[^1].Number : last, onTaken);
            if (reply[0] == "lost")
            {
                throw Closed();
            }
        }
        while (at < all.Count);
        kept.Resent(reply[1]);
        Note(last, reply);
    }

    private async Task<string[]> SendAsync(string epoch, List<NumberedChange> changes, long known, long number, Action<NumberedChange> onTaken)
    {
        var (names, values) = (new List<RedisKey> { keys.Epoch, keys.Number(instance), keys.Changes }, new List<RedisValue>
        {
            epoch, 0, 0, time.GetUtcNow().ToUnixTimeMilliseconds(), options.MaxPerOwner, options.MaxWaiting, instance, known, number, (long)KeepNumber.TotalMilliseconds, changes.Count > 0 ? changes[0].Number : 0,
        });
        foreach (var change in changes)
        {
            names.AddRange([keys.AllOf(change.Owner), keys.Claim(change.Stored), keys.Owned(change.Owner, change.Stored)]);
            values.AddRange([change.Owner, change.Stored.Provider, change.Stored.Kind, change.Stored.Id, change.Since, change.Ends]);
        }
        var reply = await OwnerScripts.Change.RunAsync(database, [.. names], [.. values]);
        if (reply[0] == "full")
        {
            throw new ObjectOwnersUnavailableException($"More than Objects:MaxWaiting ({options.MaxWaiting}) changes wait in Redis for the control plane to record them.");
        }
        foreach (var taken in reply.Skip(3))
        {
            var change = changes[int.Parse(taken, CultureInfo.InvariantCulture)];
            change.Void();
            onTaken(change);
        }
        return reply;
    }

    private void Note(long number, string[] reply)
    {
        kept.Sent(number, reply[1], reply[2]);
        Volatile.Write(ref _number, Math.Max(number, Number));
    }

    private static ObjectOwnersUnavailableException Closed() => new("Who made which object was lost in Redis, or is not there yet. Nothing is answered until the control plane has put it back.");
}
