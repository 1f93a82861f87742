using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace CredentialProxy.MockProvider.Generation;

/// <summary>
/// What is produced for a request: a function of the request alone. A prompt may ask for a number of tokens, <c>[[tokens:200]]</c>, and for parts of the usage,
/// <c>[[cached:100]]</c>, <c>[[cache_write:50]]</c>, <c>[[reasoning:30]]</c>; and for tools to be called, see <see cref="ToolCall"/>.
/// </summary>
internal sealed partial class Production
{
    private const int UsualTokens = 16;
    private const int MostTokens = 200_000;

    // Each of these is one token.
    private static readonly string[] Words =
    [
        "The", " quick", " brown", " fox", " jumps", " over", " the", " lazy", " dog", " and", " runs", " into", " the", " dark", " forest", ",", " where", " it", " finds", " a", " small", " house", ".",
    ];

    private readonly ToolCall? _call;
    private readonly string? _said;

    private Production(int input, int output, bool isCut, int cached, int cacheWrite, int reasoning, ToolCall? call, string? said)
    {
        Input = input;
        Output = output;
        IsCut = isCut;
        Cached = Math.Min(cached, input);
        CacheWrite = Math.Min(cacheWrite, input - Cached);
        Reasoning = Math.Min(reasoning, output);
        (_call, _said) = (call, said);
    }

    /// <summary>Input tokens, cached ones included.</summary>
    public int Input { get; }

    /// <summary>Output tokens, reasoning included.</summary>
    public int Output { get; }

    /// <summary>Whether the output limit cut it short.</summary>
    public bool IsCut { get; }

    public int Cached { get; }

    public int CacheWrite { get; }

    public int Reasoning { get; }

    /// <summary>The tool that is called in place of a text; null for none.</summary>
    public string? ToolName => _call?.Name;

    /// <summary>The text's tokens, one string each; as many as there is output that isn't reasoning.</summary>
    public IEnumerable<string> TextTokens => _said is null ? Enumerable.Range(0, Output - Reasoning).Select(i => Words[i % Words.Length]) : Pieces(_said, Output - Reasoning);

    /// <summary>The text: the structured output that was asked for, or words.</summary>
    public string Text => string.Concat(TextTokens);

    /// <summary>The arguments of the tool call, in as many pieces as there are output tokens; two at least.</summary>
    public IEnumerable<string> ArgumentTokens => Pieces(Arguments, Math.Max(2, Output));

    /// <summary>The arguments of the tool call: those that were asked for, or some that are as long as the output.</summary>
    public string Arguments => _call?.Arguments ?? $$"""{"city":"{{(Output > 2 ? "Paris" + new string('s', Output - 3) : "")}}"}""";

    /// <summary>Decides what is produced.</summary>
    /// <param name="context">The request, whose <c>x-mock-output-tokens</c> header may set the number of tokens.</param>
    /// <param name="limit">The output limit; null for none.</param>
    /// <param name="call">The tool that is called; null for none.</param>
    /// <param name="said">The text, where it is decided already; null for words.</param>
    /// <param name="input">The nodes that are the model's input.</param>
    public static Production Of(HttpContext context, long? limit, ToolCall? call, string? said, params ReadOnlySpan<JsonNode?> input)
    {
        var prompt = string.Concat(input.ToArray().Select(node => node?.ToJsonString()));
        var asked = int.TryParse(context.Request.Headers["x-mock-output-tokens"], NumberStyles.None, CultureInfo.InvariantCulture, out var header) ? header : Asked(prompt, "tokens") ?? UsualTokens;
        var output = (int)Math.Min(Math.Min(asked, MostTokens), limit ?? long.MaxValue);
        return new Production(Tokens.Count(input), output, output < asked, Asked(prompt, "cached") ?? 0, Asked(prompt, "cache_write") ?? 0, Asked(prompt, "reasoning") ?? 0, call, said);
    }

    private static IEnumerable<string> Pieces(string text, int count) =>
        Enumerable.Range(0, count).Select(i => text[(int)((long)text.Length * i / count)..(int)((long)text.Length * (i + 1) / count)]);

    private static int? Asked(string prompt, string what)
    {
        foreach (Match match in Marker().Matches(prompt))
        {
            if (match.Groups[1].Value == what)
            {
                return int.Parse(match.Groups[2].Value, CultureInfo.InvariantCulture);
            }
        }
        return null;
    }

    [GeneratedRegex(@"\[\[(tokens|cached|cache_write|reasoning):(\d{1,9})\]\]")]
    private static partial Regex Marker();
}
