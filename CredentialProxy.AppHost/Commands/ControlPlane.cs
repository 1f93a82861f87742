using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json.Nodes;

namespace CredentialProxy.AppHost.Commands;

/// <summary>The control plane's API, as the commands of the Aspire dashboard use it.</summary>
internal sealed class ControlPlane(EndpointReference endpoint, ParameterResource adminKey)
{
    private const int LifetimeSeconds = 86_400;

    /// <summary>How the command to mint a token looks.</summary>
    public static CommandOptions MintTokenOptions { get; } =
        new() { Description = "Mints a proxy token for every provider: a day, ten dollars.", IconName = "Key", IsHighlighted = true, UpdateState = CommandStates.WhenHealthy };

    /// <summary>Mints a token and shows it, this once.</summary>
    public async Task<ExecuteCommandResult> MintTokenAsync(ExecuteCommandContext context)
    {
        try
        {
            var token = await MintAsync("minted in the Aspire dashboard", context.CancellationToken);
            return CommandResults.Success("A token, shown this once.", token, CommandResultFormat.Text, displayImmediately: true);
        }
        catch (HttpRequestException e)
        {
            return CommandResults.Failure($"No token was minted: {e.Message}");
        }
    }

    /// <summary>Mints a proxy token that is good for a day and ten dollars.</summary>
    /// <exception cref="HttpRequestException">The control plane can't be reached, or refuses.</exception>
    public async Task<string> MintAsync(string label, CancellationToken cancellationToken)
    {
        using var client = new HttpClient(new SocketsHttpHandler { UseProxy = false, UseCookies = false, AllowAutoRedirect = false });
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", await adminKey.GetValueAsync(cancellationToken));
        var token = new { kind = "proxy", label, limits = new[] { new { unit = "usd", limit = 10, window = "lifetime" } }, ttlSeconds = LifetimeSeconds };
        using var answer = await client.PostAsJsonAsync(new Uri(new Uri(endpoint.Url), "/api/tokens"), token, cancellationToken);
        answer.EnsureSuccessStatusCode();
        return (string?)(await answer.Content.ReadFromJsonAsync<JsonNode>(cancellationToken))?["token"] ?? throw new HttpRequestException("the answer holds no token.");
    }
}
