using System.Globalization;

namespace CredentialProxy.Benchmarks.Attacks.Overspend;

/// <summary>What a unit's limit counts, told from what the provider did.</summary>
internal static class UnitAmounts
{
    public const string Tokens = "tokens";
    public const string Usd = "usd";
    public const string Requests = "requests";
    public const string Concurrent = "concurrent";

    /// <summary>What the names of the rounds' models begin with: of one that never reasons, and of one that may.</summary>
    public const string Plain = "gpt-4o-round-";
    public const string Reasoning = "o3-round-";

    /// <summary>The prices below, for the models of the rounds: whole micro-dollars, so that truth needs no rounding.</summary>
    public const string PriceFile = """{"models":[{"provider":"openai","match":["gpt-4o-round-*","o3-round-*"],"input":2,"output":8,"context":128000,"maxOutput":16384}]}""";

    private const long InputMicroUsd = 2;
    private const long OutputMicroUsd = 8;
    private const decimal MicroUsdPerUsd = 1_000_000;

    public static IReadOnlyList<string> All { get; } = [Tokens, Usd, Requests, Concurrent];

    /// <summary>What the provider did, in this unit; dollars as micro-dollars.</summary>
    public static long Spent(string unit, in Truth truth) => unit switch
    {
        Tokens => truth.Input + truth.Output,
        Usd => (truth.Input * InputMicroUsd) + (truth.Output * OutputMicroUsd),
        Requests => truth.Arrived,
        _ => truth.Most,
    };

    /// <summary>A limit that so many requests of this kind fit in at a time.</summary>
    public static long LimitFor(string unit, int requests, CrowdRequest typical)
    {
        // A token for each byte, and the framing.
        var input = CrowdClient.Body("gpt-4o-round-000", typical).Length + 64L;
        return unit switch
        {
            Tokens => requests * (input + typical.MaxTokens),
            Usd => requests * ((input * InputMicroUsd) + (typical.MaxTokens * OutputMicroUsd)),
            _ => requests,
        };
    }

    /// <summary>The limit as the control plane takes it.</summary>
    public static object Document(string unit, long limit) => new { unit, limit = unit == Usd ? limit / MicroUsdPerUsd : limit };

    /// <summary>An amount that the control plane shows, as <see cref="Spent"/> has it.</summary>
    public static long OfDocument(string unit, decimal amount) => (long)(unit == Usd ? amount * MicroUsdPerUsd : amount);

    public static string Percent(double part) => string.Create(CultureInfo.InvariantCulture, $"{100 * part,6:0.0}%");
}
