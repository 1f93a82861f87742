using System.Globalization;
using System.Security.Cryptography;
using CredentialProxy.Core.Limits.Redis;
using StackExchange.Redis;

namespace CredentialProxy.Core.Objects.Redis;

/// <summary>What state the owners in Redis are in: open, or lost and being put back. Gateways and control planes notice a loss and tell of it by the same script.</summary>
internal sealed class OwnerStates(IDatabase database, ObjectKeys keys)
{
    /// <summary>The name of a control plane that has no number of its own.</summary>
    public const string ControlPlane = "control";

    private const string Open = "open";
    private const string Rebuilding = "rebuilding";

    /// <summary>The epoch as it stands in Redis, with its state; empty for none.</summary>
    public async Task<string> ReadAsync() => (string?)await database.StringGetAsync(keys.Epoch) ?? "";

    /// <summary>Begins with owners that there never were, where nobody keeps them elsewhere.</summary>
    public Task BeginAsync() => database.StringSetAsync(keys.Epoch, "1-" + NewName(), when: When.NotExists);

    /// <summary>Finds out what became of owners that are not as they are known, and begins to put them back where they were lost or have gone back in time.</summary>
    /// <param name="knownEpoch">The epoch that is known; empty for none.</param>
    /// <param name="instance">Whose number it is.</param>
    /// <param name="number">The number that Redis must have.</param>
    /// <param name="isForgotten">Whether it is known that something was forgotten.</param>
    public async Task<State> FindAsync(string knownEpoch, string instance, long number, bool isForgotten)
    {
        var told = await RedisScripts.Shared.Lose.RunAsync(
            database, [keys.Epoch, keys.Number(instance), keys.Began, keys.Holders], [knownEpoch, 0, 0, number, NewName(), "", 0, isForgotten ? 1 : 0]);
        return new State(told[1], told[0] == Open, told[0] == Rebuilding);
    }

    /// <summary>Goes on to the next state; false when somebody else has, or another loss came between.</summary>
    public async Task<bool> AdvanceAsync(string from, string to) =>
        (await RedisScripts.Shared.Advance.RunAsync(database, [keys.Epoch, keys.Began, keys.Holders, keys.Opened], [from, 0, 0, to, 0]))[0] == "done";

    /// <summary>How long ago it began, by Redis' clock.</summary>
    public async Task<TimeSpan> SinceItBeganAsync()
    {
        var began = await database.StringGetAsync(keys.Began);
        var now = (RedisResult[])(await database.ExecuteAsync("TIME"))!;
        return began.TryParse(out long ms) ? TimeSpan.FromMilliseconds((long.Parse((string)now[0]!, CultureInfo.InvariantCulture) * 1000) - ms) : TimeSpan.MaxValue;
    }

    private static string NewName() => RandomNumberGenerator.GetHexString(16, lowercase: true);

    /// <summary>A state.</summary>
    /// <param name="Epoch">The epoch, without its state.</param>
    /// <param name="IsOpen">Whether owners are open.</param>
    /// <param name="IsRebuilding">Whether processes may say again what they know; else, when they are not open, they are put back.</param>
    internal readonly record struct State(string Epoch, bool IsOpen, bool IsRebuilding)
    {
        /// <summary>The epoch while processes say again what they know.</summary>
        public string WhileRebuilding => "rebuilding:" + Epoch;

        /// <summary>The epoch while owners are put back.</summary>
        public string WhileLoading => "loading:" + Epoch;
    }
}
