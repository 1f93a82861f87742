using System.Text.Json.Nodes;
using CredentialProxy.MockProvider.Generation;
using CredentialProxy.MockProvider.Storing;

namespace CredentialProxy.MockProvider.OpenAI;

/// <summary>Responses, https://platform.openai.com/docs/api-reference/responses and its streaming events.</summary>
internal static class ResponsesApi
{
    private const string Collection = "/v1/responses";

    public static async Task AnswerAsync(Exchange exchange, ObjectStore store)
    {
        if (await OpenAIApi.ModelOfAsync(exchange) is not { } model)
        {
            return;
        }
        var body = exchange.Body!;
        if ((string?)body["previous_response_id"] is { } previous && store.Find(Collection, previous) is null)
        {
            await exchange.FailAsync(StatusCodes.Status404NotFound, $"Previous response with id '{previous}' not found.");
            return;
        }
        var tools = ResponsesTool.Of(body);
        var call = ToolCall.Next([.. tools.Select(tool => tool.Name)], body["input"]);
        var tool = tools.FirstOrDefault(tool => tool.Name == call?.Name);
        var said = StructuredOutput.OfFormat((body["text"] as JsonObject)?["format"]);
        var produced = Production.Of(exchange.Context, OpenAIApi.Limit(body, "max_output_tokens"), tool is { IsCustom: true } ? call?.WithFreeText() : call, said, body["instructions"], body["input"], body["tools"]);
        exchange.CountInput(model, produced.Input);
        var answer = new Answer(exchange, body, model, produced, tool);
        if ((bool?)body["store"] ?? true)
        {
            store.Add(Collection, answer.Id, answer.Response("completed", withOutput: true));
        }
        if (OpenAIApi.IsStream(body))
        {
            await exchange.SendEventsAsync(model, answer.Stream());
        }
        else
        {
            await exchange.SendJsonAsync(model, answer.Response("completed", withOutput: true), produced.Output);
        }
    }

    private sealed class Answer(Exchange exchange, JsonObject body, string model, Production produced, ResponsesTool? tool)
    {
        public string Id { get; } = Ids.New("resp_");

        private readonly string _itemId = Ids.New(tool is null ? "msg_" : tool.IsCustom ? "ctc_" : "fc_");
        private readonly string _callId = Ids.New("call_");
        private int _sequence;

        public JsonObject Response(string status, bool withOutput) => new()
        {
            ["id"] = Id,
            ["object"] = "response",
            ["created_at"] = exchange.Now,
            ["status"] = status == "completed" && produced.IsCut ? "incomplete" : status,
            ["background"] = false,
            ["error"] = null,
            ["incomplete_details"] = status == "completed" && produced.IsCut ? new JsonObject { ["reason"] = "max_output_tokens" } : null,
            ["instructions"] = body["instructions"]?.DeepClone(),
            ["max_output_tokens"] = body["max_output_tokens"]?.DeepClone(),
            ["model"] = model,
            ["output"] = withOutput ? new JsonArray(Item("completed", withContent: true)) : [],
            ["parallel_tool_calls"] = true,
            ["previous_response_id"] = body["previous_response_id"]?.DeepClone(),
            ["reasoning"] = new JsonObject { ["effort"] = null, ["summary"] = null },
            ["store"] = (bool?)body["store"] ?? true,
            ["temperature"] = 1.0,
            ["text"] = new JsonObject { ["format"] = new JsonObject { ["type"] = "text" } },
            ["tool_choice"] = "auto",
            ["tools"] = body["tools"]?.DeepClone() ?? new JsonArray(),
            ["top_p"] = 1.0,
            ["truncation"] = "disabled",
            ["usage"] = withOutput && !exchange.Fault.MissingUsage ? Usage() : null,
            ["user"] = null,
            ["metadata"] = body["metadata"]?.DeepClone() ?? new JsonObject(),
        };

        public IEnumerable<StreamEvent> Stream()
        {
            yield return Event("response.created", new JsonObject { ["response"] = Response("in_progress", withOutput: false) }, 0);
            yield return Event("response.in_progress", new JsonObject { ["response"] = Response("in_progress", withOutput: false) }, 0);
            yield return Event("response.output_item.added", new JsonObject { ["output_index"] = 0, ["item"] = Item("in_progress", withContent: false) }, 0);
            foreach (var e in tool is null ? Text() : Call(tool))
            {
                yield return e;
            }
            yield return Event("response.output_item.done", new JsonObject { ["output_index"] = 0, ["item"] = Item("completed", withContent: true) }, 0);
            yield return Event(produced.IsCut ? "response.incomplete" : "response.completed", new JsonObject { ["response"] = Response("completed", withOutput: true) }, 0);
        }

        private IEnumerable<StreamEvent> Text()
        {
            yield return Event("response.content_part.added", Place(new JsonObject { ["content_index"] = 0, ["part"] = Part("") }), 0);
            var isFirst = true;
            foreach (var token in produced.TextTokens)
            {
                yield return Event("response.output_text.delta", Place(new JsonObject { ["content_index"] = 0, ["delta"] = token, ["logprobs"] = new JsonArray() }), isFirst ? 1 + produced.Reasoning : 1);
                isFirst = false;
            }
            yield return Event("response.output_text.done", Place(new JsonObject { ["content_index"] = 0, ["text"] = produced.Text, ["logprobs"] = new JsonArray() }), 0);
            yield return Event("response.content_part.done", Place(new JsonObject { ["content_index"] = 0, ["part"] = Part(produced.Text) }), 0);
        }

        private IEnumerable<StreamEvent> Call(ResponsesTool called)
        {
            foreach (var piece in produced.ArgumentTokens)
            {
                yield return Event($"response.{called.EventName}.delta", Place(new JsonObject { ["delta"] = piece }), 1);
            }
            yield return Event($"response.{called.EventName}.done", Place(new JsonObject { ["name"] = called.Name, [called.ArgumentsName] = produced.Arguments }), 0);
        }

        private JsonObject Place(JsonObject members)
        {
            members["item_id"] = _itemId;
            members["output_index"] = 0;
            return members;
        }

        private StreamEvent Event(string type, JsonObject members, int tokens)
        {
            members.Insert(0, "type", type);
            members["sequence_number"] = _sequence++;
            return new StreamEvent(members.ToJsonString(), tokens, type);
        }

        private static JsonObject Part(string text) => new() { ["type"] = "output_text", ["text"] = text, ["annotations"] = new JsonArray(), ["logprobs"] = new JsonArray() };

        private JsonObject Item(string status, bool withContent) => tool is not null
            ? CallItem(tool, status, withContent)
            : new JsonObject { ["id"] = _itemId, ["type"] = "message", ["status"] = status, ["role"] = "assistant", ["content"] = withContent ? new JsonArray(Part(produced.Text)) : [] };

        private JsonObject CallItem(ResponsesTool called, string status, bool withContent)
        {
            var item = new JsonObject { ["id"] = _itemId, ["type"] = called.CallType, ["status"] = status, ["call_id"] = _callId, ["name"] = called.Name };
            if (called.Namespace is not null)
            {
                item["namespace"] = called.Namespace;
            }
            item[called.ArgumentsName] = withContent ? produced.Arguments : "";
            return item;
        }

        private JsonObject Usage()
        {
            var (input, output) = exchange.Claim(produced);
            return new JsonObject
            {
                ["input_tokens"] = input,
                ["input_tokens_details"] = new JsonObject { ["cached_tokens"] = produced.Cached, ["cache_write_tokens"] = produced.CacheWrite },
                ["output_tokens"] = output,
                ["output_tokens_details"] = new JsonObject { ["reasoning_tokens"] = produced.Reasoning },
                ["total_tokens"] = input + output,
            };
        }
    }
}
