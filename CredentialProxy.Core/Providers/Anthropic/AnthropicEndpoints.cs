using static CredentialProxy.Core.Providers.Charging;

namespace CredentialProxy.Core.Providers.Anthropic;

/// <summary>
/// Anthropic's API, https://docs.anthropic.com/en/api. Message batches, files, skills, agents and the admin API have no entry: they spend later, hold
/// what other tenants stored, or manage the account.
/// </summary>
internal static class AnthropicEndpoints
{
    public static IReadOnlyList<Endpoint> All { get; } =
    [
        new("messages", "POST", "/v1/messages", Dialect.AnthropicMessages, Metered),
        new("messages.count_tokens", "POST", "/v1/messages/count_tokens", Dialect.None, Free),
        new("models.list", "GET", "/v1/models", Dialect.None, Free),
        new("models.retrieve", "GET", "/v1/models/{id}", Dialect.None, Free),
    ];
}
