using CredentialProxy.Core.Providers.Tables;

namespace CredentialProxy.Core.Providers;

/// <summary>The four providers we know, as their documentation describes them.</summary>
public static class KnownProviders
{
    /// <summary>Name of OpenAI.</summary>
    public const string OpenAI = "openai";

    /// <summary>Name of Anthropic.</summary>
    public const string Anthropic = "anthropic";

    /// <summary>Name of OpenRouter.</summary>
    public const string OpenRouter = "openrouter";

    /// <summary>Name of Gemini.</summary>
    public const string Gemini = "gemini";

    /// <summary>The four, at their public addresses.</summary>
    public static IReadOnlyList<Provider> All { get; } =
    [
        new()
        {
            Name = OpenAI,
            BaseUrl = new Uri("https://api.openai.com"),
            Surfaces = [new("/", CredentialSlot.Bearer, ErrorShape.OpenAI)],
            Endpoints = new(EndpointFile.OpenAI.Endpoints),
            Kinds = EndpointFile.OpenAI.Kinds,
            VersionPrefix = "/v1",
            RequestHeaders = ["openai-beta", "openai-safety-identifier"],
            ResponseHeaders = ["openai-processing-ms", "openai-version", "openai-model"],
        },
        new()
        {
            Name = Anthropic,
            BaseUrl = new Uri("https://api.anthropic.com"),
            Surfaces = [new("/", CredentialSlot.Header("x-api-key"), ErrorShape.Anthropic)],
            Endpoints = new(EndpointFile.Anthropic.Endpoints),
            Kinds = EndpointFile.Anthropic.Kinds,
            VersionPrefix = "/v1",
            RequestHeaders = ["anthropic-version", "anthropic-beta", "anthropic-dangerous-direct-browser-access", "x-app"],
            ResponseHeaders = ["anthropic-ratelimit-*", "anthropic-version"],
            SlotFollowsAnthropicVersion = true,
        },
        new()
        {
            Name = OpenRouter,
            BaseUrl = new Uri("https://openrouter.ai/api"),
            Surfaces = [new("/v1/messages", CredentialSlot.Bearer, ErrorShape.Anthropic), new("/", CredentialSlot.Bearer, ErrorShape.OpenRouter)],
            Endpoints = new(EndpointFile.OpenRouter.Endpoints),
            Kinds = EndpointFile.OpenRouter.Kinds,
            VersionPrefix = "/v1",
            RequestHeaders = ["http-referer", "x-title", "x-openrouter-*", "anthropic-version", "anthropic-beta"],
            ResponseHeaders = ["x-openrouter-*", "x-generation-id"],
        },
        new()
        {
            Name = Gemini,
            BaseUrl = new Uri("https://generativelanguage.googleapis.com"),
            Surfaces =
            [
                new("/v1beta/openai/", CredentialSlot.Bearer, ErrorShape.OpenAI),
                new("/", CredentialSlot.Header("x-goog-api-key"), ErrorShape.Gemini),
            ],
            Endpoints = new(EndpointFile.Gemini.Endpoints),
            Kinds = EndpointFile.Gemini.Kinds,
            VersionPrefix = "/v1beta",
            RequestHeaders = ["x-goog-api-client", "x-goog-upload-*", "x-server-timeout"],
            ResponseHeaders = ["x-goog-upload-*", "server-timing"],
        },
    ];
}
