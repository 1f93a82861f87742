using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.RegularExpressions;
using CredentialProxy.Benchmarks.Attacks;
using CredentialProxy.Benchmarks.Attacks.Overspend;
using CredentialProxy.Benchmarks.Chaos.Servers;

namespace CredentialProxy.Benchmarks.Chaos.Load;

/// <summary>Sends one request and notes what came of it.</summary>
internal static partial class ChaosClient
{
    // The framing, as UnitAmounts has it.
    private const long FramingTokens = 64;

    public static async Task<Attempt> SendAsync(HttpClient client, RestartableGateway gateway, LoadedToken token, CrowdRequest request)
    {
        var misfortune = request.Misfortune;
        var attempt = new Attempt
        {
            Token = token,
            Model = token.NextModel(),
            Life = gateway.Life,
            IsSpoiled = misfortune.Fault is { } fault && (fault.Contains("cut", StringComparison.Ordinal) || fault.Contains("reset", StringComparison.Ordinal))
                || misfortune.LeavesAfter is not null || misfortune.LeavesAfterBytes is not null,
            StartedAt = TimeProvider.System.GetTimestamp(),
        };
        var body = CrowdClient.Body(attempt.Model, request);
        var worst = new Truth(1, 0, 0, body.Length + FramingTokens, request.MaxTokens);
        attempt.HadRoom = token.Accounts.Aggregate(true, (had, account) => account.Hold(UnitAmounts.Spent(account.Unit, worst)) && had);
        using var leave = new CancellationTokenSource(misfortune.LeavesAfter ?? Timeout.InfiniteTimeSpan);
        try
        {
            using var message = Message(gateway, token, request, body);
            using var answer = await client.SendAsync(message, HttpCompletionOption.ResponseHeadersRead, leave.Token);
            await ReadAsync(attempt, answer, misfortune.LeavesAfterBytes, leave.Token);
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException or IOException)
        {
            attempt.End = e is OperationCanceledException && leave.IsCancellationRequested ? AttemptEnd.Left
                : e is HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError } ? AttemptEnd.Unreachable : AttemptEnd.Broken;
        }
        attempt.EndedAt = TimeProvider.System.GetTimestamp();
        Free(attempt, worst);
        return attempt;
    }

    private static HttpRequestMessage Message(RestartableGateway gateway, LoadedToken token, CrowdRequest request, byte[] body)
    {
        var message = new HttpRequestMessage(HttpMethod.Post, new Uri(gateway.Address, "/v1/chat/completions"))
        {
            Content = new ByteArrayContent(body) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } },
            Headers = { Authorization = new AuthenticationHeaderValue("Bearer", token.Secret) },
        };
        message.Headers.TryAddWithoutValidation("x-mock-output-tokens", request.OutputTokens.ToString(CultureInfo.InvariantCulture));
        if (request.Misfortune.Fault is { } fault)
        {
            message.Headers.TryAddWithoutValidation("x-mock-fault", fault);
        }
        return message;
    }

    private static async Task ReadAsync(Attempt attempt, HttpResponseMessage answer, int? leavesAfterBytes, CancellationToken cancellationToken)
    {
        attempt.Status = (int)answer.StatusCode;
        attempt.RequestId = answer.Headers.TryGetValues("x-credential-proxy-request-id", out var ids) ? ids.Single() : null;
        attempt.Code = answer.Headers.TryGetValues("x-credential-proxy-error", out var codes) ? codes.Single() : null;
        if (leavesAfterBytes is { } bytes && answer.IsSuccessStatusCode)
        {
            await using var part = await answer.Content.ReadAsStreamAsync(cancellationToken);
            await part.ReadAtLeastAsync(new byte[bytes], bytes, throwOnEndOfStream: false, cancellationToken);
            attempt.End = AttemptEnd.Left;
            return;
        }
        var text = Encoding.UTF8.GetString(await answer.Content.ReadAsByteArrayAsync(cancellationToken));
        var isStream = answer.Content.Headers.ContentType?.MediaType == "text/event-stream";
        attempt.End = answer.StatusCode != HttpStatusCode.OK ? attempt.Status == (int)HttpStatusCode.BadGateway ? AttemptEnd.Broken : AttemptEnd.Refused
            : !isStream || text.TrimEnd().EndsWith("data: [DONE]", StringComparison.Ordinal) ? AttemptEnd.Whole : AttemptEnd.Broken;
        if (attempt.End == AttemptEnd.Whole && Usage().Match(text) is { Success: true } usage)
        {
            attempt.Told = (long.Parse(usage.Groups[1].Value, CultureInfo.InvariantCulture), long.Parse(usage.Groups[2].Value, CultureInfo.InvariantCulture));
        }
    }

    // Of what is not known all stays held: so would a perfect authority have it.
    private static void Free(Attempt attempt, in Truth worst)
    {
        foreach (var account in attempt.Token.Accounts)
        {
            var held = UnitAmounts.Spent(account.Unit, worst);
            account.Return(attempt.End is AttemptEnd.Refused or AttemptEnd.Unreachable ? held
                : attempt.Told is var (input, output) ? held - UnitAmounts.Spent(account.Unit, new Truth(1, 0, 0, input, output)) : 0);
        }
    }

    [GeneratedRegex("\"prompt_tokens\":([0-9]+),\"completion_tokens\":([0-9]+)")]
    private static partial Regex Usage();
}
