using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace CredentialProxy.Benchmarks.Attacks.Overspend;

/// <summary>How a request ended for its client.</summary>
/// <param name="IsServed">It got its whole answer.</param>
/// <param name="IsRefused">The gateway refused it.</param>
/// <param name="RetryAfter">When to come again; null where it was not refused, or for good.</param>
internal readonly record struct Ending(bool IsServed, bool IsRefused, TimeSpan? RetryAfter)
{
    /// <summary>Whether trying again makes no sense.</summary>
    public bool IsFinal => IsRefused && RetryAfter is null;
}

/// <summary>A request for a chat completion.</summary>
internal sealed record CrowdRequest
{
    public required string Prompt { get; init; }

    public required int MaxTokens { get; init; }

    /// <summary>How much is produced.</summary>
    public required int OutputTokens { get; init; }

    public bool IsStream { get; init; }

    public bool AsksForUsage { get; init; }

    public Misfortune Misfortune { get; init; }
}

/// <summary>One of many clients of the gateway that share a token.</summary>
internal sealed class CrowdClient(HttpClient client, Uri gateway, string token, string model)
{
    // As they are: an escaped character is several bytes more, each reserved as a token.
    private static readonly JsonSerializerOptions Unescaped = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public async Task<Ending> SendAsync(CrowdRequest request)
    {
        using var message = new HttpRequestMessage(HttpMethod.Post, new Uri(gateway, "/v1/chat/completions"))
        {
            Content = new ByteArrayContent(Body(model, request)) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } },
            Headers = { Authorization = new AuthenticationHeaderValue("Bearer", token) },
        };
        message.Headers.TryAddWithoutValidation("x-mock-output-tokens", request.OutputTokens.ToString(CultureInfo.InvariantCulture));
        if (request.Misfortune.Fault is { } fault)
        {
            message.Headers.TryAddWithoutValidation("x-mock-fault", fault);
        }
        using var leave = new CancellationTokenSource(request.Misfortune.LeavesAfter ?? TimeSpan.FromSeconds(30));
        try
        {
            using var answer = await client.SendAsync(message, HttpCompletionOption.ResponseHeadersRead, leave.Token);
            await ReadAsync(answer, request.Misfortune.LeavesAfterBytes ?? long.MaxValue, leave.Token);
            if (answer.StatusCode != HttpStatusCode.TooManyRequests)
            {
                return new Ending(answer.IsSuccessStatusCode, IsRefused: false, null);
            }
            var isFinal = answer.Headers.TryGetValues("x-should-retry", out var values) && values.Contains("false");
            return new Ending(false, IsRefused: true, isFinal ? null : answer.Headers.RetryAfter?.Delta);
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException or IOException)
        {
            return default;
        }
    }

    private static async Task ReadAsync(HttpResponseMessage answer, long most, CancellationToken cancellationToken)
    {
        await using var body = await answer.Content.ReadAsStreamAsync(cancellationToken);
        var buffer = new byte[4096];
        int count;
        while (most > 0 && (count = await body.ReadAsync(buffer.AsMemory(0, (int)Math.Min(most, buffer.Length)), cancellationToken)) > 0)
        {
            most -= count;
        }
    }

    /// <summary>The body that is sent.</summary>
    public static byte[] Body(string model, CrowdRequest request) => Encoding.UTF8.GetBytes(JsonSerializer.Serialize(
        new Dictionary<string, object?>
        {
            ["model"] = model,
            ["max_tokens"] = request.MaxTokens,
            ["stream"] = request.IsStream,
            ["messages"] = new[] { new { role = "user", content = request.Prompt } },
        }.Concat(request is { IsStream: true, AsksForUsage: true } ? [new("stream_options", new { include_usage = true })] : []).ToDictionary(),
        Unescaped));
}
