using System.Globalization;
using CredentialProxy.Core.Usage;

namespace CredentialProxy.Benchmarks.UsageScale;

/// <summary>
/// Who uses what in the year that is asked about: 500 tokens that live all year have half of the requests; the other half have session tokens of a day, 300 each day. All are spread over 50
/// projects and four providers, and each uses four models of one provider.
/// </summary>
internal static class ScaleYear
{
    public const int Tokens = 500;
    public const int SessionsADay = 300;
    public const int Projects = 50;
    public const int Providers = 4;
    public const int Models = 4;

    public static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    public static readonly DateTimeOffset End = Start.AddYears(1);

    /// <summary>A record of each series there will be.</summary>
    public static IEnumerable<UsageRecord> OneOfEachSeries() =>
        from number in Enumerable.Range(0, Tokens + (SessionsADay * (End - Start).Days))
        from model in Enumerable.Range(0, Models)
        select Record(number, model);

    /// <summary>Records of the hour after the year, of the tokens that live all year.</summary>
    public static IEnumerable<UsageRecord> HourAfter(int count) => Enumerable.Range(0, count).Select(i => Record(i * 7 % Tokens, i / 7 % Models) with
    {
        RequestId = string.Create(CultureInfo.InvariantCulture, $"req_hour{Guid.CreateVersion7():n}"),
        Time = End.AddMilliseconds(3_600_000L * i / count),
        Usage = new TokenUsage { InputTokens = i, OutputTokens = i % 1000 },
        CostMicroUsd = i,
    });

    public static string TokenId(int number) => string.Create(CultureInfo.InvariantCulture, $"tok_{number:D22}");

    public static string ProjectId(int number) => string.Create(CultureInfo.InvariantCulture, $"proj_{number:D20}");

    public static string CredentialId(int number) => string.Create(CultureInfo.InvariantCulture, $"cred_{number:D20}");

    public static string Provider(int number) => string.Create(CultureInfo.InvariantCulture, $"provider-{number}");

    public static string Model(int provider, int number) => string.Create(CultureInfo.InvariantCulture, $"model-{provider}-{number}");

    private static UsageRecord Record(int number, int model) => new()
    {
        RequestId = string.Create(CultureInfo.InvariantCulture, $"req_series_{number}_{model}"),
        Time = Start,
        TokenId = TokenId(number),
        ProjectId = ProjectId(number % Projects),
        CredentialId = CredentialId(number % Providers),
        Provider = Provider(number % Providers),
        Model = Model(number % Providers, model),
        Endpoint = "chat.completions",
    };
}
