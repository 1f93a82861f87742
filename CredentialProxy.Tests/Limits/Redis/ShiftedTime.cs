namespace CredentialProxy.Tests.Limits.Redis;

/// <summary>The clock of a machine that is always wrong by as much.</summary>
internal sealed class ShiftedTime(TimeSpan by) : TimeProvider
{
    public override DateTimeOffset GetUtcNow() => System.GetUtcNow() + by;
}
