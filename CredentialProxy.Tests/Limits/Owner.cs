using CredentialProxy.Core.Limits;
using CredentialProxy.Core.Usage;

namespace CredentialProxy.Tests.Limits;

/// <summary>One who reserves, and says so in the record.</summary>
internal sealed class Owner : IReservationOwner
{
    private static int _last;

    /// <summary>The id of its request.</summary>
    public string RequestId { get; } = $"req_{Interlocked.Increment(ref _last):D9}";

    public bool HasEnded { get; set; }

    public UsageRecord Record(Demand actual) => UsageRecords.Of(RequestId, actual.Tokens) with { CostMicroUsd = actual.CostMicroUsd };

    public UsageRecord RecordAtReservation(Demand charged, DateTimeOffset time) => Record(charged) with { Marks = UsageMarks.ChargedAtReservation, Time = time };
}
