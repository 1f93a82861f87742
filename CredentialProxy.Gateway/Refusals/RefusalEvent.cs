using System.Buffers;
using System.Text.Json;
using CredentialProxy.Core.Judging;
using CredentialProxy.Core.Providers;

namespace CredentialProxy.Gateway.Refusals;

/// <summary>
/// Writes a refusal as the last event of a stream that has begun, as the API's own errors in mid-stream look, so that the client's SDK raises its exception instead of passing it over.
/// </summary>
internal static class RefusalEvent
{
    public static void Write(IBufferWriter<byte> output, ProxyRequest request, Refusal refusal, DateTimeOffset now)
    {
        var shape = request.ErrorShape;
        var dialect = request.Route.Endpoint!.Dialect;
        // The blank line ends an event that was cut in two; parsers drop it where there was none.
        output.Write("\n\n"u8);
        if (shape == ErrorShape.Anthropic || dialect == Dialect.OpenAIResponses)
        {
            output.Write("event: error\n"u8);
        }
        output.Write("data: "u8);
        if (dialect == Dialect.OpenAIResponses)
        {
            WriteResponsesEvent(output, refusal);
        }
        else if (shape == ErrorShape.OpenRouter)
        {
            WriteOpenRouterChunk(output, request, refusal, now);
        }
        else
        {
            RefusalBody.Write(output, shape, refusal, request.Id);
        }
        output.Write("\n\n"u8);
    }

    // https://platform.openai.com/docs/api-reference/responses-streaming/error, and the member that OpenAI's SDKs make their exception of.
    private static void WriteResponsesEvent(IBufferWriter<byte> output, Refusal refusal)
    {
        using var json = new Utf8JsonWriter(output);
        json.WriteStartObject();
        json.WriteString("type", "error");
        json.WriteNumber("sequence_number", 0);
        json.WriteString("code", RefusalCodes.NameOf(refusal.Code));
        json.WriteString("message", RefusalText.Shorten(refusal.Message));
        json.WriteNull("param");
        RefusalBody.WriteOpenAIError(json, refusal);
        json.WriteEndObject();
    }

    // A chunk like any other, with an error in it: https://openrouter.ai/docs/api-reference/streaming#handling-errors-during-streaming
    private static void WriteOpenRouterChunk(IBufferWriter<byte> output, ProxyRequest request, Refusal refusal, DateTimeOffset now)
    {
        using var json = new Utf8JsonWriter(output);
        json.WriteStartObject();
        json.WriteString("id", request.Id);
        json.WriteString("object", "chat.completion.chunk");
        json.WriteNumber("created", now.ToUnixTimeSeconds());
        json.WriteString("model", request.Facts.Model);
        RefusalBody.WriteOpenRouterError(json, refusal, request.Id);
        json.WriteStartArray("choices");
        json.WriteStartObject();
        json.WriteNumber("index", 0);
        json.WriteStartObject("delta");
        json.WriteString("role", "assistant");
        json.WriteString("content", "");
        json.WriteEndObject();
        json.WriteString("finish_reason", "error");
        json.WriteEndObject();
        json.WriteEndArray();
        json.WriteEndObject();
    }
}
