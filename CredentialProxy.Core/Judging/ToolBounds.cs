using CredentialProxy.Core.Inspection.Extras;
using CredentialProxy.Core.Limits;
using CredentialProxy.Core.Pricing;
using CredentialProxy.Core.Providers;
using CredentialProxy.Core.Usage;

namespace CredentialProxy.Core.Judging;

/// <summary>How often a provider's tools may be called for a request, and how much their results give the model to read.</summary>
/// <param name="Calls">Calls that are charged for.</param>
/// <param name="Turns">How often the model may go on after results have come, reading everything once more.</param>
/// <param name="TokensPerTurn">How many tokens one result adds to that.</param>
public readonly record struct ToolBounds(ToolCalls Calls, int Turns, long TokensPerTurn)
{
    /// <summary>What OpenRouter lets its own tools be called where nothing else is said, https://openrouter.ai/docs/features/server-tools</summary>
    private const int RouterCalls = 30;

    /// <summary>
    /// How often Anthropic lets a model go on by itself in one request before it pauses the turn, which is all that bounds tools without a <c>max_uses</c>
    /// (https://platform.claude.com/docs/en/agents-and-tools/tool-use/server-tools).
    /// </summary>
    private const int AnthropicTurns = 10;

    /// <summary>More calls than any model makes; what asks for more is reserved as much.</summary>
    private const int MostCalls = 1000;

    /// <summary>The bounds of a request.</summary>
    /// <param name="features">What it asks for.</param>
    /// <param name="dialect">Its dialect.</param>
    /// <param name="choices">How many answers it asks for.</param>
    /// <param name="price">The price of its model, which knows the tools' results.</param>
    /// <param name="callsPutIn">The bound that is put in where the request has none.</param>
    public static ToolBounds Of(RequestedFeatures features, Dialect dialect, int choices, ModelPrice price, int callsPutIn)
    {
        var calls = default(ToolCalls);
        var turns = 0L;
        var tokens = 0L;
        foreach (var tool in features.Tools)
        {
            if (tool.Kind == HostedTool.Computer)
            {
                // The client works it: each step is a request of its own.
                continue;
            }
            var uses = Uses(tool, features, dialect, callsPutIn) * Math.Max(1, choices);
            calls = Add(calls, tool, uses);
            turns = dialect == Dialect.OpenAIResponses ? Math.Max(turns, uses) : turns + uses;
            tokens = Math.Max(tokens, price.TokensPerCall(tool.Kind));
        }
        return new ToolBounds(calls, (int)Math.Min(MostCalls, turns), tokens);
    }

    /// <summary>What the model may read over all turns, which it begins with so much input and can read no more of at once than its window.</summary>
    public long InputTokens(long input, long window)
    {
        var sum = (decimal)input;
        for (var turn = 1; turn <= Turns; turn++)
        {
            sum += Math.Min(Math.Max(window, input), input + ((decimal)turn * TokensPerTurn));
        }
        return sum >= Limit.MaxAmount ? Limit.MaxAmount : (long)sum;
    }

    private static long Uses(in RequestedTool tool, RequestedFeatures features, Dialect dialect, int callsPutIn)
    {
        if (tool.Kind == HostedTool.Maps)
        {
            return 1;
        }
        if (dialect == Dialect.AnthropicMessages && !RequestedTool.TakesMaxUses(tool.Kind))
        {
            return AnthropicTurns;
        }
        var stated = dialect == Dialect.OpenAIResponses ? features.MaxToolCalls : tool.MaxUses ?? features.MaxToolCalls;
        var otherwise = dialect is Dialect.OpenAIChat or Dialect.OpenAICompletions ? RouterCalls : callsPutIn;
        return Math.Min(MostCalls, features.StopsToolsItself ? Math.Max(RouterCalls, stated ?? 0) : stated ?? otherwise);
    }

    private static ToolCalls Add(in ToolCalls calls, in RequestedTool tool, long uses)
    {
        var count = (int)Math.Min(int.MaxValue, uses);
        return tool.Kind switch
        {
            HostedTool.WebSearch => calls with { WebSearches = Sum(calls.WebSearches, count) },
            HostedTool.WebFetch => calls with { WebFetches = Sum(calls.WebFetches, count) },
            HostedTool.FileSearch => calls with { FileSearches = Sum(calls.FileSearches, count) },
            HostedTool.ImageGeneration => calls with { Images = Sum(calls.Images, count) },
            HostedTool.Maps => calls with { MapLookups = Sum(calls.MapLookups, count) },
            // One container for each such tool, however often it runs something.
            HostedTool.Container => calls with { ContainerGigabytes = Sum(calls.ContainerGigabytes, tool.ContainerGigabytes) },
            _ => calls,
        };
    }

    private static int Sum(int a, int b) => (int)Math.Min(int.MaxValue, (long)a + b);
}
