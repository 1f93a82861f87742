using CredentialProxy.Core.Limits;

namespace CredentialProxy.Tests.Faults;

/// <summary>A token, and who uses it.</summary>
internal sealed record TokenUnderLoad(string Model, int Clients, params Limit[] Limits)
{
    public string Id { get; set; } = "";

    public string Token { get; set; } = "";

    public AccountId Account => AccountId.Token(Id);

    /// <summary>What was leased when it was killed, over all kills.</summary>
    public Dictionary<LimitUnit, long> LostToKills { get; } = [];
}
