using CredentialProxy.Core.Usage;

namespace CredentialProxy.Benchmarks.Chaos.Books;

/// <summary>A request as Postgres has it.</summary>
internal sealed record RecordedRequest(string RequestId, string TokenId, string Model, long InputTokens, long OutputTokens, long CostMicroUsd, UsageMarks Marks)
{
    /// <summary>What is charged for it in a unit.</summary>
    public long Charged(string unit) => unit switch
    {
        Attacks.Overspend.UnitAmounts.Tokens => InputTokens + OutputTokens,
        Attacks.Overspend.UnitAmounts.Usd => CostMicroUsd,
        _ => 1,
    };
}
