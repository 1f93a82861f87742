using System.Net.Http.Json;
using System.Text.Json.Nodes;
using CredentialProxy.Core.Limits;

namespace CredentialProxy.Tests.Faults;

/// <summary>An account that several tokens, or a token of another system's, are charged to: a project or a credential.</summary>
/// <param name="Path">Where the control plane shows it.</param>
/// <param name="Account">Its name.</param>
/// <param name="Models">The models that those who are charged to it use.</param>
/// <param name="Limits">Its limits.</param>
internal sealed record AccountUnderLoad(string Path, AccountId Account, IReadOnlyList<string> Models, params Limit[] Limits)
{
    /// <summary>Whatever was produced is paid for, or will be by the lease, and no limit is exceeded.</summary>
    public void CheckKilled(KilledAccounts killed, IReadOnlyDictionary<string, Demand> produced)
    {
        foreach (var limit in Limits)
        {
            var state = killed.Of(Account, limit);
            Assert.InRange(state.Spent + state.Leased, Models.Sum(model => produced.GetValueOrDefault(model).Of(limit.Unit)), limit.Amount);
        }
    }

    /// <summary>Nothing is reserved, and what was leased at the kill is spent.</summary>
    public async Task CheckStartedAsync(HttpClient admin, KilledAccounts killed)
    {
        var states = (await admin.GetFromJsonAsync<JsonNode>(Path))!["limits"]!.AsArray();
        foreach (var (limit, state) in Limits.Zip(states))
        {
            var left = killed.Of(Account, limit);
            var spent = left.Spent + left.Leased;
            Assert.Equal((0m, limit.Unit == LimitUnit.Usd ? MicroUsd.ToUsd(spent) : spent), ((decimal)state!["reserved"]!, (decimal)state["spent"]!));
        }
    }

    /// <summary>Whether its first limit has been reached, give or take a request.</summary>
    public bool IsUsedUp(KilledAccounts killed, long worstCase) => killed.Of(Account, Limits[0]) is var state && state.Spent + state.Leased > Limits[0].Amount - worstCase;
}
