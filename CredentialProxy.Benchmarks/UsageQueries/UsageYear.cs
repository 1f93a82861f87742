using System.Globalization;
using CredentialProxy.Benchmarks.Attacks;
using CredentialProxy.Core.Usage;

namespace CredentialProxy.Benchmarks.UsageQueries;

/// <summary>A year of usage in the order of time, the same at every run: 500 tokens in 50 projects, four models of four providers each.</summary>
internal static class UsageYear
{
    private const int Tokens = 500;
    private const int Projects = 50;
    private const int Providers = 4;
    private const int Models = 4;

    public static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    public static readonly DateTimeOffset End = Start.AddYears(1);

    private static readonly string[] TokenIds = [.. Enumerable.Range(0, Tokens).Select(i => $"tok_{i:D22}")];

    public static string TokenId(int token) => TokenIds[token];

    /// <summary>The year's.</summary>
    public static IEnumerable<UsageRecord> Records(int count) => Records(count, Start, End, "y");

    /// <summary>Those of the hour after it.</summary>
    public static IEnumerable<UsageRecord> HourAfter(int count) => Records(count, End, End.AddHours(1), "h");

    private static IEnumerable<UsageRecord> Records(int count, DateTimeOffset start, DateTimeOffset end, string name)
    {
        var draws = new Draws(2027);
        for (var i = 0; i < count; i++)
        {
            var token = draws.Between(0, Tokens - 1);
            var provider = token % Providers;
            yield return new UsageRecord
            {
                RequestId = string.Create(CultureInfo.InvariantCulture, $"req_benchmark000{name}{i:x9}"),
                Time = start + ((end - start) * ((double)i / count)),
                TokenId = TokenIds[token],
                ProjectId = $"proj_{token % Projects:D20}",
                CredentialId = $"cred_{provider:D20}",
                Provider = $"provider-{provider}",
                Model = $"model-{provider}-{draws.Between(0, Models - 1)}",
                Endpoint = "chat.completions",
                StatusCode = 200,
                Usage = new TokenUsage { InputTokens = draws.Between(10, 50_000), CachedInputTokens = draws.Between(0, 10_000), OutputTokens = draws.Between(1, 4_000) },
                CostMicroUsd = draws.Between(1, 500_000),
                DurationMs = draws.Between(100, 60_000),
            };
        }
    }
}
