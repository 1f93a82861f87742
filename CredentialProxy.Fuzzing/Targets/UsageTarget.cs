using CredentialProxy.Core.Metering;
using CredentialProxy.Core.Pricing;
using CredentialProxy.Core.Providers;
using CredentialProxy.Fuzzing.References;

namespace CredentialProxy.Fuzzing.Targets;

/// <summary>
/// Answers of every dialect, as JSON and as events. Whatever the bytes are: nothing throws; all that a meter tells is the same however they are cut, and of events however they are framed; no figure is negative or greater than the one it is a part of;
/// and the time grows with the length, which is looked at where the last setting says so.
/// Settings: dialect, form and text and model, the model that was asked, how it is cut, whether the time is looked at.
/// </summary>
internal sealed class UsageTarget : FuzzTarget
{
    private static readonly Dialect[] Dialects = Enum.GetValues<Dialect>();
    private static readonly string[] Models = ["gpt-4o", "claude-sonnet-4-5"];

    /// <inheritdoc/>
    public override string Name => "usage";

    /// <inheritdoc/>
    public override IEnumerable<string> Words => JsonWords.Of(
    [
        "usage", "usageMetadata", "prompt_tokens", "completion_tokens", "total_tokens", "input_tokens", "output_tokens", "promptTokenCount", "candidatesTokenCount", "totalTokenCount", "thoughtsTokenCount",
        "prompt_tokens_details", "input_tokens_details", "cached_tokens", "cache_creation", "ephemeral_1h_input_tokens", "cache_read_input_tokens", "completion_tokens_details", "reasoning_tokens", "iterations", "type",
        "promptTokensDetails", "modality", "tokenCount", "server_tool_use", "web_search_requests", "cost", "cost_details", "upstream_inference_cost", "is_byok", "service_tier", "speed", "inference_geo", "response", "message",
        "error", "item", "output", "model", "content", "delta", "text", "arguments", "partial_json", "webSearchQueries", "thought", "thinking", "reasoning", "input",
    ]).Concat(
    [
        "data: ", "data:", "event: ", ": ", "\n\n", "\r\n\r\n", "\r", "[DONE]", "\uFEFF", "\"message\"", "\"compaction\"", "\"AUDIO\"", "\"message_stop\"", "\"response.completed\"", "\"response.reasoning_summary_text.delta\"", "\"response.output_text.delta\"", "\"response.output_item.done\"",
        "\"web_search_call\"", "\"image_generation_call\"", "\"priority\"",
    ]);

    /// <inheritdoc/>
    public override void Run(ReadOnlySpan<byte> input)
    {
        var fuzz = new FuzzInput(input);
        var meter = new MeterCase(fuzz.Pick<Dialect>(0, Dialects), fuzz.Setting(1), fuzz.Pick<string>(2, Models));
        var answer = fuzz.Bytes.ToArray();
        var whole = meter.Read(answer, []);
        CheckFigures(whole);
        var said = Text(whole, meter.IsEvents);
        foreach (var cuts in Cuts.Of(fuzz, 3))
        {
            Property.Same(said, Text(meter.Read(answer, cuts), meter.IsEvents), "A meter tells the same however the answer is cut.");
        }
        if (meter.IsEvents)
        {
            Property.Same(said, Text(meter.Read(PlainEvents.FrameAnew(answer), []), isEvents: true), "A meter tells the same of the same events in other frames.");
        }
        if (fuzz.Setting(4) == 1)
        {
            LinearTime.Check(bytes => meter.Read(bytes, []).EstimateOutputTokens(), answer);
        }
    }

    private static void CheckFigures(UsageMeter meter)
    {
        var usage = meter.Usage;
        long[] figures =
        [
            usage.InputTokens, usage.CachedInputTokens, usage.CacheWriteTokens, usage.CacheWriteHourTokens, usage.AudioInputTokens, usage.CachedAudioInputTokens, usage.ImageInputTokens, usage.VideoInputTokens,
            usage.OutputTokens, usage.ReasoningTokens, usage.AudioOutputTokens, usage.ImageOutputTokens, usage.VideoOutputTokens, usage.ReportedCostMicroUsd ?? 0,
            meter.Calls.WebSearches, meter.Calls.WebFetches, meter.Calls.FileSearches, meter.Calls.ContainerGigabytes, meter.Calls.Images,
        ];
        Property.Holds(figures.All(figure => figure is >= 0 and <= Core.Limits.Limit.MaxAmount), "Every figure is within what an amount can be.");
        Property.Holds(usage.CachedInputTokens + usage.CacheWriteTokens + usage.CacheWriteHourTokens <= usage.InputTokens, "What was cached or written is a part of the input.");
        Property.Holds(usage.CachedAudioInputTokens <= usage.CachedInputTokens && usage.AudioInputTokens <= usage.InputTokens, "Sound is a part of the input.");
        Property.Holds(usage.ReasoningTokens <= usage.OutputTokens && usage.AudioOutputTokens <= usage.OutputTokens, "Reasoning and sound are parts of the output.");
    }

    // Of what is no stream of events, a piece is what came at a time.
    private static string Text(UsageMeter meter, bool isEvents) =>
        $"{meter.Usage} {meter.Calls} {meter.Model} {meter.HasUsage} {meter.HasInputUsage} {meter.IsTerminal} {meter.HasError} {meter.ServedUnder(new ServiceTerms(ServiceTier.Auto, InferenceGeo.Unstated))} {meter.EstimateOutputTokens()} {(isEvents ? meter.VisiblePieces : 0)}";

    private readonly record struct MeterCase(Dialect Dialect, int Flags, string Model)
    {
        public bool IsEvents => (Flags & 1) == 1;

        public UsageMeter Read(ReadOnlySpan<byte> answer, int[] cuts)
        {
            var meter = new UsageMeter(Dialect, IsEvents ? AnswerForm.Sse : AnswerForm.Json, keepsText: (Flags & 2) == 0, Model, keepsModel: (Flags & 4) != 0);
            var start = 0;
            foreach (var cut in cuts)
            {
                meter.Observe(answer[start..cut]);
                start = cut;
            }
            meter.Observe(answer[start..]);
            meter.Complete();
            return meter;
        }
    }
}
