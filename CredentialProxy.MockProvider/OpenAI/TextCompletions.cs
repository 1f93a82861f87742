using System.Text.Json.Nodes;
using CredentialProxy.MockProvider.Generation;

namespace CredentialProxy.MockProvider.OpenAI;

/// <summary>The older completions, https://platform.openai.com/docs/api-reference/completions</summary>
internal static class TextCompletions
{
    public static async Task AnswerAsync(Exchange exchange)
    {
        if (await OpenAIApi.ModelOfAsync(exchange) is not { } model)
        {
            return;
        }
        var body = exchange.Body!;
        var produced = Production.Of(exchange.Context, OpenAIApi.Limit(body, "max_tokens") ?? 16, null, null, body["prompt"]);
        exchange.CountInput(model, produced.Input);
        var id = Ids.New("cmpl-");
        JsonObject Head(JsonArray choices) => new() { ["id"] = id, ["object"] = "text_completion", ["created"] = exchange.Now, ["model"] = model, ["choices"] = choices };
        JsonObject Choice(string text, string? reason) => new() { ["index"] = 0, ["text"] = text, ["logprobs"] = null, ["finish_reason"] = reason };
        var usage = new JsonObject { ["prompt_tokens"] = produced.Input, ["completion_tokens"] = produced.Output, ["total_tokens"] = produced.Input + produced.Output };
        var reason = produced.IsCut ? "length" : "stop";
        if (!OpenAIApi.IsStream(body))
        {
            var whole = Head(new JsonArray(Choice(produced.Text, reason)));
            whole["usage"] = usage;
            await exchange.SendJsonAsync(model, whole, produced.Output);
            return;
        }
        var events = produced.TextTokens.Select(token => new StreamEvent(Head(new JsonArray(Choice(token, null))).ToJsonString(), 1)).Append(new StreamEvent(Head(new JsonArray(Choice("", reason))).ToJsonString(), 0));
        if ((bool?)body["stream_options"]?["include_usage"] == true)
        {
            var last = Head([]);
            last["usage"] = usage;
            events = events.Append(new StreamEvent(last.ToJsonString(), 0));
        }
        await exchange.SendEventsAsync(model, events.Append(new StreamEvent("[DONE]", 0)));
    }
}
