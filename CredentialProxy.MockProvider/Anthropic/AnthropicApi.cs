using System.Text.Json.Nodes;
using CredentialProxy.MockProvider.Generation;
using CredentialProxy.MockProvider.OpenAI;

namespace CredentialProxy.MockProvider.Anthropic;

/// <summary>Anthropic's messages, https://docs.anthropic.com/en/api/messages and its streaming events.</summary>
internal static class AnthropicApi
{
    public static void Map(WebApplication app, string prefix)
    {
        app.MapPost(prefix + "/v1/messages", context => AnswerAsync(Exchange.Of(context)));
        app.MapPost(prefix + "/v1/messages/count_tokens", context => CountAsync(Exchange.Of(context)));
    }

    private static async Task AnswerAsync(Exchange exchange)
    {
        if (await OpenAIApi.ModelOfAsync(exchange) is not { } model)
        {
            return;
        }
        var body = exchange.Body!;
        if (OpenAIApi.Limit(body, "max_tokens") is not > 0)
        {
            await exchange.FailAsync(StatusCodes.Status400BadRequest, "max_tokens: Field required");
            return;
        }
        var said = StructuredOutput.OfFormat((body["output_config"] as JsonObject)?["format"] ?? body["output_format"]);
        var produced = Production.Of(exchange.Context, OpenAIApi.Limit(body, "max_tokens"), OpenAIApi.CallOf(body, body["messages"]), said, body["system"], body["messages"], body["tools"]);
        exchange.CountInput(model, produced.Input);
        var message = new Message(exchange, model, produced);
        if (OpenAIApi.IsStream(body))
        {
            await exchange.SendEventsAsync(model, message.Stream());
        }
        else
        {
            await exchange.SendJsonAsync(model, message.Whole(), produced.Output);
        }
    }

    private static Task CountAsync(Exchange exchange) =>
        exchange.SendJsonAsync("", new JsonObject { ["input_tokens"] = Tokens.Count(exchange.Body?["system"], exchange.Body?["messages"], exchange.Body?["tools"]) }, 0);

    private sealed class Message(Exchange exchange, string model, Production produced)
    {
        private readonly string _id = Ids.New("msg_01");
        private readonly string _callId = Ids.New("toolu_01");

        public JsonObject Whole()
        {
            var message = Head(new JsonArray(Block(isWhole: true)), StopReason);
            if (!exchange.Fault.MissingUsage)
            {
                message["usage"] = Usage(exchange.Claim(produced).Output);
            }
            return message;
        }

        public IEnumerable<StreamEvent> Stream()
        {
            var start = Head([], null);
            start["usage"] = Usage(1);
            yield return Event("message_start", new JsonObject { ["message"] = start }, 0);
            yield return Event("content_block_start", new JsonObject { ["index"] = 0, ["content_block"] = Block(isWhole: false) }, 0);
            yield return Event("ping", [], 0);
            var isFirst = true;
            foreach (var piece in produced.ToolName is null ? produced.TextTokens : produced.ArgumentTokens)
            {
                var delta = produced.ToolName is null ? new JsonObject { ["type"] = "text_delta", ["text"] = piece } : new JsonObject { ["type"] = "input_json_delta", ["partial_json"] = piece };
                yield return Event("content_block_delta", new JsonObject { ["index"] = 0, ["delta"] = delta }, isFirst ? 1 + produced.Reasoning : 1);
                isFirst = false;
            }
            yield return Event("content_block_stop", new JsonObject { ["index"] = 0 }, 0);
            var end = new JsonObject { ["delta"] = new JsonObject { ["stop_reason"] = StopReason, ["stop_sequence"] = null } };
            if (!exchange.Fault.MissingUsage)
            {
                end["usage"] = Output(exchange.Claim(produced).Output);
            }
            yield return Event("message_delta", end, 0);
            yield return Event("message_stop", [], 0);
        }

        private string StopReason => produced.ToolName is not null ? "tool_use" : produced.IsCut ? "max_tokens" : "end_turn";

        private JsonObject Head(JsonArray content, string? stopReason) => new()
        {
            ["id"] = _id,
            ["type"] = "message",
            ["role"] = "assistant",
            ["model"] = model,
            ["content"] = content,
            ["stop_reason"] = stopReason,
            ["stop_sequence"] = null,
        };

        private JsonObject Block(bool isWhole) => produced.ToolName is { } tool
            ? new JsonObject { ["type"] = "tool_use", ["id"] = _callId, ["name"] = tool, ["input"] = isWhole ? JsonNode.Parse(produced.Arguments) : new JsonObject() }
            : new JsonObject { ["type"] = "text", ["text"] = isWhole ? exchange.Huge + produced.Text : "" };

        // input_tokens leave out what a cache was read or written for.
        private JsonObject Usage(long output)
        {
            var usage = Output(output);
            usage["input_tokens"] = exchange.Claim(produced).Input - produced.Cached - produced.CacheWrite;
            usage["cache_creation_input_tokens"] = produced.CacheWrite;
            usage["cache_read_input_tokens"] = produced.Cached;
            usage["cache_creation"] = new JsonObject { ["ephemeral_5m_input_tokens"] = produced.CacheWrite, ["ephemeral_1h_input_tokens"] = 0 };
            usage["service_tier"] = "standard";
            return usage;
        }

        private JsonObject Output(long tokens)
        {
            var usage = new JsonObject { ["output_tokens"] = tokens };
            if (produced.Reasoning > 0)
            {
                usage["output_tokens_details"] = new JsonObject { ["thinking_tokens"] = produced.Reasoning };
            }
            return usage;
        }

        private static StreamEvent Event(string type, JsonObject members, int tokens)
        {
            members.Insert(0, "type", type);
            return new StreamEvent(members.ToJsonString(), tokens, type);
        }
    }
}
