using System.Text.Json.Nodes;
using CredentialProxy.MockProvider.Generation;

namespace CredentialProxy.MockProvider.OpenAI;

/// <summary>Chat completions, https://platform.openai.com/docs/api-reference/chat; with OpenRouter's cost where it is asked.</summary>
internal static class ChatCompletions
{
    private const decimal UsdPerToken = 0.000_002m;

    public static async Task AnswerAsync(Exchange exchange, bool isOpenRouter)
    {
        if (await OpenAIApi.ModelOfAsync(exchange) is not { } model)
        {
            return;
        }
        var body = exchange.Body!;
        if (body["messages"] is not JsonArray messages || messages.Count == 0)
        {
            await exchange.FailAsync(StatusCodes.Status400BadRequest, "Missing required parameter: 'messages'.");
            return;
        }
        var produced = Production.Of(exchange.Context, OpenAIApi.Limit(body, "max_completion_tokens", "max_tokens"), OpenAIApi.CallOf(body, messages), StructuredOutput.OfFormat(body["response_format"]), messages, body["tools"]);
        var choices = (int)(OpenAIApi.Limit(body, "n") ?? 1);
        exchange.CountInput(model, produced.Input);
        var completion = new Completion(exchange, model, produced, choices, isOpenRouter);
        if (OpenAIApi.IsStream(body))
        {
            var wantsUsage = isOpenRouter || (bool?)body["stream_options"]?["include_usage"] == true;
            await exchange.SendEventsAsync(model, completion.Stream(wantsUsage));
        }
        else
        {
            await exchange.SendJsonAsync(model, completion.Whole(), produced.Output * choices);
        }
    }

    private sealed class Completion(Exchange exchange, string model, Production produced, int choices, bool isOpenRouter)
    {
        private readonly string _id = Ids.New(isOpenRouter ? "gen-" : "chatcmpl-");
        private readonly string? _callId = produced.ToolName is null ? null : Ids.New("call_");

        public JsonObject Whole()
        {
            var answer = Head("chat.completion");
            answer["choices"] = new JsonArray([.. Enumerable.Range(0, choices).Select(index => (JsonNode)new JsonObject
            {
                ["index"] = index,
                ["message"] = Message(),
                ["logprobs"] = null,
                ["finish_reason"] = FinishReason,
            })]);
            if (!exchange.Fault.MissingUsage)
            {
                answer["usage"] = Usage();
            }
            return answer;
        }

        public IEnumerable<StreamEvent> Stream(bool wantsUsage)
        {
            for (var index = 0; index < choices; index++)
            {
                yield return Chunk(index, new JsonObject { ["role"] = "assistant", ["content"] = produced.ToolName is null ? "" : null, ["refusal"] = null }, 0, null, wantsUsage);
                if (exchange.Huge.Length > 0)
                {
                    yield return Chunk(index, new JsonObject { ["content"] = exchange.Huge }, 0, null, wantsUsage);
                }
                if (produced.ToolName is { } tool)
                {
                    yield return Chunk(index, ToolDelta(new JsonObject { ["name"] = tool, ["arguments"] = "" }, isFirst: true), 0, null, wantsUsage);
                    foreach (var piece in produced.ArgumentTokens)
                    {
                        yield return Chunk(index, ToolDelta(new JsonObject { ["arguments"] = piece }, isFirst: false), 1, null, wantsUsage);
                    }
                }
                else
                {
                    var isFirst = true;
                    foreach (var token in produced.TextTokens)
                    {
                        // The reasoning is produced before the first word.
                        yield return Chunk(index, new JsonObject { ["content"] = token }, isFirst ? 1 + produced.Reasoning : 1, null, wantsUsage);
                        isFirst = false;
                    }
                }
                yield return Chunk(index, [], 0, FinishReason, wantsUsage);
            }
            var usageEvents = !wantsUsage || exchange.Fault.MissingUsage ? 0 : exchange.Fault.UsageEvents ?? 1;
            for (var i = 1; i <= usageEvents; i++)
            {
                var last = Head("chat.completion.chunk");
                last["choices"] = isOpenRouter ? new JsonArray(new JsonObject { ["index"] = 0, ["delta"] = new JsonObject { ["role"] = "assistant", ["content"] = "" }, ["finish_reason"] = null }) : new JsonArray();
                last["usage"] = Usage((double)i / usageEvents);
                yield return new StreamEvent(last.ToJsonString(), 0);
            }
            yield return new StreamEvent("[DONE]", 0);
        }

        private string FinishReason => produced.ToolName is not null ? "tool_calls" : produced.IsCut ? "length" : "stop";

        private JsonObject Message()
        {
            var message = new JsonObject { ["role"] = "assistant", ["content"] = produced.ToolName is null ? exchange.Huge + produced.Text : null, ["refusal"] = null };
            if (produced.ToolName is { } tool)
            {
                message["tool_calls"] = new JsonArray(new JsonObject
                {
                    ["id"] = _callId,
                    ["type"] = "function",
                    ["function"] = new JsonObject { ["name"] = tool, ["arguments"] = produced.Arguments },
                });
            }
            return message;
        }

        private JsonObject ToolDelta(JsonObject function, bool isFirst)
        {
            var call = new JsonObject { ["index"] = 0, ["function"] = function };
            if (isFirst)
            {
                call["id"] = _callId;
                call["type"] = "function";
            }
            return new JsonObject { ["tool_calls"] = new JsonArray(call) };
        }

        private StreamEvent Chunk(int index, JsonObject delta, int tokens, string? finishReason, bool wantsUsage)
        {
            var chunk = Head("chat.completion.chunk");
            chunk["choices"] = new JsonArray(new JsonObject { ["index"] = index, ["delta"] = delta, ["logprobs"] = null, ["finish_reason"] = finishReason });
            if (wantsUsage && !isOpenRouter)
            {
                chunk["usage"] = null;
            }
            return new StreamEvent(chunk.ToJsonString(), tokens);
        }

        private JsonObject Head(string kind)
        {
            var head = new JsonObject { ["id"] = _id, ["object"] = kind, ["created"] = exchange.Now, ["model"] = model, ["system_fingerprint"] = "fp_mock" };
            if (isOpenRouter)
            {
                head["provider"] = "Mock";
            }
            return head;
        }

        private JsonObject Usage(double part = 1)
        {
            var (input, output) = exchange.Claim(produced);
            output = (long)((exchange.Fault.ClaimOutput ?? output * choices) * part);
            var usage = new JsonObject
            {
                ["prompt_tokens"] = input,
                ["completion_tokens"] = output,
                ["total_tokens"] = input + output,
                ["prompt_tokens_details"] = new JsonObject { ["cached_tokens"] = produced.Cached, ["cache_write_tokens"] = produced.CacheWrite, ["audio_tokens"] = 0 },
                ["completion_tokens_details"] = new JsonObject { ["reasoning_tokens"] = produced.Reasoning, ["audio_tokens"] = 0, ["accepted_prediction_tokens"] = 0, ["rejected_prediction_tokens"] = 0 },
            };
            if (isOpenRouter)
            {
                usage["cost"] = (input + output) * UsdPerToken;
                usage["is_byok"] = false;
            }
            return usage;
        }
    }
}
