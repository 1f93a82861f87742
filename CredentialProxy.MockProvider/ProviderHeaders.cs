using CredentialProxy.MockProvider.Generation;

namespace CredentialProxy.MockProvider;

/// <summary>Headers that each provider adds to its answers.</summary>
internal static class ProviderHeaders
{
    public static void Write(IHeaderDictionary headers, ApiKind api)
    {
        switch (api)
        {
            case ApiKind.Anthropic:
                headers["request-id"] = Ids.New("req_");
                headers["anthropic-ratelimit-requests-remaining"] = "999";
                headers["anthropic-organization-id"] = "00000000-mock-organization";
                break;
            case ApiKind.Gemini or ApiKind.GeminiOpenAI:
                headers["server-timing"] = "gfet4t7; dur=12";
                break;
            default:
                headers["x-request-id"] = Ids.New("req_");
                headers["openai-processing-ms"] = "12";
                headers["openai-organization"] = "mock-organization";
                headers["x-ratelimit-remaining-requests"] = "999";
                headers["x-ratelimit-remaining-tokens"] = "999999";
                break;
        }
        headers.SetCookie = "__mock=1; path=/; HttpOnly";
    }
}
