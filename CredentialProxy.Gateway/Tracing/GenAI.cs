using CredentialProxy.Core.Providers;

namespace CredentialProxy.Gateway.Tracing;

/// <summary>Says in the words of OpenTelemetry's conventions for generative AI what a request is (https://github.com/open-telemetry/semantic-conventions-genai). Nothing of it is made for a request: all are constants.</summary>
internal static class GenAI
{
    /// <summary>The well-known name of a provider; its own where there is none.</summary>
    public static string ProviderOf(Provider provider) => provider.Name == KnownProviders.Gemini ? "gcp.gemini" : provider.Name;

    /// <summary>The operation; null where a request is none, such as one for a list of models.</summary>
    public static string? OperationOf(Endpoint endpoint) => endpoint is { Charging: Charging.Free }
        ? null
        : endpoint.Dialect switch
        {
            Dialect.OpenAIChat or Dialect.OpenAIResponses or Dialect.AnthropicMessages => "chat",
            Dialect.OpenAICompletions => "text_completion",
            Dialect.OpenAIEmbeddings or Dialect.GeminiEmbed => "embeddings",
            Dialect.GeminiGenerate => "generate_content",
            _ => null,
        };

    /// <summary>What went wrong with an answer, as <c>error.type</c>; null where nothing did.</summary>
    public static string? ErrorOf(int status) => status switch
    {
        < StatusCodes.Status400BadRequest => null,
        < MostStatus => Statuses[status - StatusCodes.Status400BadRequest],
        _ => "_OTHER",
    };

    private const int MostStatus = 600;

    private static readonly string[] Statuses =
        [.. Enumerable.Range(StatusCodes.Status400BadRequest, MostStatus - StatusCodes.Status400BadRequest).Select(status => status.ToString(System.Globalization.CultureInfo.InvariantCulture))];
}
