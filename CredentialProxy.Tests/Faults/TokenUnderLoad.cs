using CredentialProxy.Core.Limits;

namespace CredentialProxy.Tests.Faults;

/// <summary>A token, and who uses it.</summary>
internal sealed record TokenUnderLoad(string Model, int Clients, params Limit[] Limits)
{
    public string Id { get; set; } = "";

    public string Token { get; set; } = "";

    /// <summary>Its kind: <c>proxy</c>, <c>session</c>, or <c>foreign</c> for a session token that stands on its own claims.</summary>
    public string Kind { get; init; } = "proxy";

    /// <summary>The project that it belongs to.</summary>
    public string Project { get; init; } = KillTests.ProjectId;

    /// <summary>The provider whose path it takes.</summary>
    public string Provider { get; init; } = "openai";

    public AccountId Account => AccountId.Token(Id);

    /// <summary>What was leased when it was killed, over all kills.</summary>
    public Dictionary<LimitUnit, long> LostToKills { get; } = [];

    private readonly Dictionary<LimitUnit, long> _unrecorded = [];

    /// <summary>What has been produced since the kill before without a record of it; costs are rounded up request by request, so that records may say a little more.</summary>
    public long UnrecordedSince(LimitUnit unit, long unrecorded)
    {
        var since = Math.Max(0, unrecorded - _unrecorded.GetValueOrDefault(unit));
        _unrecorded[unit] = Math.Max(unrecorded, _unrecorded.GetValueOrDefault(unit));
        return since;
    }
}
