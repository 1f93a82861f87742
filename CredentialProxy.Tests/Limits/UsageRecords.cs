using CredentialProxy.Core.Usage;

namespace CredentialProxy.Tests.Limits;

/// <summary>Records of requests that nobody made.</summary>
internal static class UsageRecords
{
    public static UsageRecord Of(string requestId, long tokens = 0) => new()
    {
        RequestId = requestId,
        Time = DateTimeOffset.UnixEpoch,
        TokenId = "tok",
        CredentialId = "cred",
        Provider = "openai",
        Model = "gpt-4o-mini",
        Endpoint = "chat.completions",
        Usage = new TokenUsage { InputTokens = tokens },
    };
}
