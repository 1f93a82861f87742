using System.Buffers.Binary;
using StackExchange.Redis;

namespace CredentialProxy.Core.Limits.Redis;

/// <summary>
/// Calls that settle. Each names once what its requests charge, a limit of a counter, and then tells for every request how much, packed into few bytes: a gateway settles thousands of requests a second, and
/// every argument of its own is written, read and hashed on the way.
/// </summary>
internal sealed class RedisSettling(IDatabase database, RedisScripts scripts, RedisKeys keys, RedisQuotaOptions options, RedisHolder holder)
{
    /// <summary>A charge as settle.lua unpacks it: number of its place, amount and bucket.</summary>
    private const int ChargeBytes = sizeof(int) + (2 * sizeof(double));

    /// <summary>What stands before the charges: the number of the key that has the request's id once it is settled.</summary>
    private const int HeadBytes = sizeof(int);

    /// <summary>Settles what a holder has charged, in the order in which it is given.</summary>
    public Task<string[]> SettleAsync(RedisRegistration registration, string charged, IReadOnlyList<Settlement> settlements)
    {
        var call = holder.Call(registration.Epoch)
            .WithKeys(keys.Epoch, keys.Leases(charged), keys.Paid(RedisHolder.InstanceOf(charged)), keys.Usage, keys.Mark(holder.Instance))
            .With((long)options.RememberFor.TotalMilliseconds, holder.Mark, holder.Instance);
        var places = new Places(call);
        var ended = new Dictionary<long, int>();
        var requests = new List<RedisValue>(3 * settlements.Count);
        using var records = new UsageEntryWriter();
        foreach (var settlement in settlements)
        {
            var period = RedisKeys.PeriodOf(settlement.Record.Time);
            if (!ended.TryGetValue(period, out var number))
            {
                ended.Add(period, number = ended.Count + 1);
                call.Mark(keys.Settled(period));
            }

            requests.Add(settlement.Record.RequestId);
            requests.Add(records.Write(settlement.Record));
            requests.Add(Pack(settlement, number, places));
        }

        call.Details.Add((long)options.RememberRequestsFor.TotalMilliseconds);
        call.Details.Add(places.Count);
        call.Details.AddRange(places.Named);
        call.Details.AddRange(requests);
        return call.RunWithCountersAsync(scripts.Settle, database);
    }

    private static byte[] Pack(Settlement settlement, int ended, Places places)
    {
        var packed = new byte[HeadBytes + ((settlement.Charges.Length + settlement.Excess.Length) * ChargeBytes)];
        BinaryPrimitives.WriteInt32LittleEndian(packed, ended);
        var rest = Pack(settlement.Charges, isExcess: false, places, packed.AsSpan(HeadBytes));
        Pack(settlement.Excess, isExcess: true, places, rest);
        return packed;
    }

    private static Span<byte> Pack(LeaseAmount[] charges, bool isExcess, Places places, Span<byte> packed)
    {
        foreach (var charge in charges)
        {
            BinaryPrimitives.WriteInt32LittleEndian(packed, places.NumberOf(charge, isExcess));
            BinaryPrimitives.WriteDoubleLittleEndian(packed[sizeof(int)..], charge.Amount);
            BinaryPrimitives.WriteDoubleLittleEndian(packed[(sizeof(int) + sizeof(double))..], charge.Counter.Start);
            packed = packed[ChargeBytes..];
        }

        return packed;
    }

    /// <summary>What is charged in a call, each numbered from 1.</summary>
    private sealed class Places(RedisCall call)
    {
        private readonly Dictionary<(int Counter, long Limit, bool IsExcess), int> _numbers = [];

        public int Count => _numbers.Count;

        /// <summary>Whether each is an excess, its counter and its limit, in the order of their numbers.</summary>
        public List<RedisValue> Named { get; } = [];

        public int NumberOf(in LeaseAmount charge, bool isExcess)
        {
            var place = (Counter: call.NumberOf(charge.Counter), charge.Limit, isExcess);
            if (_numbers.TryGetValue(place, out var number))
                return number;
            number = _numbers.Count + 1;
            _numbers.Add(place, number);
            Named.AddRange([isExcess ? 1 : 0, place.Counter, charge.Limit]);
            return number;
        }
    }
}
