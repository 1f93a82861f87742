using System.Net.Http.Headers;
using System.Net.Http.Json;

namespace CredentialProxy.AppHost.Commands;

/// <summary>Requests that show something in traces, usage and limits, and cost nothing: only to providers that the mock provider answers for.</summary>
internal sealed class DemoTraffic(ControlPlane control, EndpointReference gateway, Providers providers)
{
    private const int Rounds = 10;

    private static readonly object[] Prompt = [new { role = "user", content = "Say hello in three languages." }];

    // One of each kind: an answer at once, a stream, and another dialect.
    private static readonly (string Provider, string Path, object Body)[] Requests =
    [
        ("openai", "/openai/v1/chat/completions", new { model = "gpt-4o-mini", messages = Prompt, max_tokens = 64 }),
        ("openai", "/openai/v1/chat/completions", new { model = "gpt-4o-mini", messages = Prompt, max_tokens = 64, stream = true }),
        ("anthropic", "/anthropic/v1/messages", new { model = "claude-sonnet-4-5", messages = Prompt, max_tokens = 64 }),
    ];

    /// <summary>How the command looks.</summary>
    public static CommandOptions Options { get; } =
        new() { Description = "Mints a token and sends requests with it, to the mock provider alone.", IconName = "Play", IsHighlighted = true, UpdateState = CommandStates.WhenHealthy };

    /// <summary>Mints a token, sends the requests one after the other, and tells what was answered.</summary>
    public async Task<ExecuteCommandResult> RunAsync(ExecuteCommandContext context)
    {
        var free = Requests.Where(request => providers.IsMocked(request.Provider)).ToList();
        if (free.Count == 0)
        {
            return CommandResults.Failure("Each of the demo's providers has a real key here: its requests would cost money.");
        }
        try
        {
            var token = await control.MintAsync("demo traffic", context.CancellationToken);
            var answers = await SendAsync(free, token, context.CancellationToken);
            var told = string.Join(", ", answers.CountBy(status => status).Select(group => $"{group.Value} × {group.Key}"));
            return CommandResults.Success($"Answered: {told}.", token, CommandResultFormat.Text);
        }
        catch (HttpRequestException e)
        {
            return CommandResults.Failure($"The traffic broke off: {e.Message}");
        }
    }

    private async Task<List<int>> SendAsync(List<(string Provider, string Path, object Body)> requests, string token, CancellationToken cancellationToken)
    {
        using var client = new HttpClient(new SocketsHttpHandler { UseProxy = false, UseCookies = false, AllowAutoRedirect = false });
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        client.DefaultRequestHeaders.Add("anthropic-version", "2023-06-01");
        var answers = new List<int>();
        for (var round = 0; round < Rounds; round++)
        {
            foreach (var (_, path, body) in requests)
            {
                using var answer = await client.PostAsJsonAsync(new Uri(new Uri(gateway.Url), path), body, cancellationToken);
                answers.Add((int)answer.StatusCode);
            }
        }
        return answers;
    }
}
