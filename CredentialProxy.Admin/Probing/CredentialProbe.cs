using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Threading.RateLimiting;
using CredentialProxy.Core.Providers;
using CredentialProxy.Core.Vault;

namespace CredentialProxy.Admin.Probing;

/// <summary>What came of trying a key.</summary>
/// <param name="Result"><c>accepted</c>, <c>rejected</c>, <c>unexpected</c>, <c>unreachable</c> or <c>timeout</c>.</param>
/// <param name="Status">The provider's HTTP status; null where none arrived.</param>
/// <param name="DurationMs">How long it took, in milliseconds.</param>
internal readonly record struct ProbeOutcome(string Result, int? Status, long DurationMs);

/// <summary>
/// Tries a key with a call that costs nothing and changes nothing. Follows no redirect, which would carry the key to wherever it points, connects only where the gateway would, and reads nothing of
/// the answer but its status.
/// </summary>
internal sealed partial class CredentialProbe(TimeProvider time, ILogger<CredentialProbe> logger) : IDisposable
{
    /// <summary>Most at a time; a provider must not be flooded from here.</summary>
    private const int MaxAtOnce = 4;

    /// <summary>Most that wait for their turn: each is a request to the control plane that is open meanwhile.</summary>
    private const int MaxWaiting = 16;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    // The first that a provider has. OpenRouter shows its models to everybody, so there the key is asked about itself.
    private static readonly string[] HarmlessCalls = ["key.current", "models.list"];

    private readonly ConcurrencyLimiter _places = new(new ConcurrencyLimiterOptions { PermitLimit = MaxAtOnce, QueueLimit = MaxWaiting, QueueProcessingOrder = QueueProcessingOrder.OldestFirst });

    /// <summary>The path of a call that costs nothing; null where none is known of this provider.</summary>
    public static string? PathOf(Provider provider) =>
        HarmlessCalls.Select(name => provider.Endpoints.All.FirstOrDefault(endpoint => endpoint.Name == name && endpoint.Method == "GET")?.Path).FirstOrDefault(path => path is not null)
            ?.Replace("{version}", "v1beta", StringComparison.Ordinal);

    /// <summary>Tries a key when its turn has come; null when as many wait as may.</summary>
    public async Task<ProbeOutcome?> TryAsync(Provider provider, string path, Secret secret, string credentialId, CancellationToken cancellationToken)
    {
        using var place = await _places.AcquireAsync(cancellationToken: cancellationToken);
        if (!place.IsAcquired)
        {
            return null;
        }
        var outcome = await SendAsync(provider, path, secret, cancellationToken);
        Log.Tried(logger, credentialId, provider.Name, outcome.Result, outcome.Status);
        return outcome;
    }

    public void Dispose() => _places.Dispose();

    private async Task<ProbeOutcome> SendAsync(Provider provider, string path, Secret secret, CancellationToken cancellationToken)
    {
        var start = time.GetTimestamp();
        using var patience = new CancellationTokenSource(Patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
        using var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            UseProxy = false,
            ActivityHeadersPropagator = null,
            ConnectCallback = (context, stop) => ConnectAsync(provider, context.DnsEndPoint, stop),
        };
        using var client = new HttpMessageInvoker(handler);
        using var request = Request(provider, path, secret);
        try
        {
            using var answer = await client.SendAsync(request, either.Token);
            var status = (int)answer.StatusCode;
            var result = answer.IsSuccessStatusCode ? "accepted" : answer.StatusCode is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden ? "rejected" : "unexpected";
            return new ProbeOutcome(result, status, Elapsed(start));
        }
        catch (OperationCanceledException) when (patience.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            return new ProbeOutcome("timeout", null, Elapsed(start));
        }
        catch (Exception e) when (e is HttpRequestException or IOException or SocketException)
        {
            return new ProbeOutcome("unreachable", null, Elapsed(start));
        }
    }

    private static HttpRequestMessage Request(Provider provider, string path, Secret secret)
    {
        var slot = provider.SurfaceOf(path).Slot;
        var query = slot.Kind == SlotKind.Query ? $"?{slot.Name}={Uri.EscapeDataString(secret.Reveal())}" : "";
        var request = new HttpRequestMessage(HttpMethod.Get, new Uri(provider.BaseUrl.GetLeftPart(UriPartial.Authority) + provider.BaseUrl.AbsolutePath.TrimEnd('/') + path + query));
        if (slot.Kind == SlotKind.Bearer)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", secret.Reveal());
        }
        else if (slot.Kind == SlotKind.Header)
        {
            request.Headers.TryAddWithoutValidation(slot.Name, secret.Reveal());
        }
        if (provider.SlotFollowsAnthropicVersion)
        {
            request.Headers.Add("anthropic-version", "2023-06-01");
        }
        return request;
    }

    private static async ValueTask<Stream> ConnectAsync(Provider provider, DnsEndPoint server, CancellationToken cancellationToken)
    {
        var addresses = IPAddress.TryParse(server.Host, out var literal) ? [literal] : await Dns.GetHostAddressesAsync(server.Host, cancellationToken);
        var allowed = AddressReaches.Allowed(provider, addresses);
        if (allowed.Length == 0)
        {
            throw new IOException("The provider's host leads to no address that it may have.");
        }
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(allowed, server.Port, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private long Elapsed(long start) => (long)time.GetElapsedTime(start).TotalMilliseconds;

    private static partial class Log
    {
        [LoggerMessage(4101, LogLevel.Information, "Credential {CredentialId} was tried with provider {Provider}: {Result}, status {Status}")]
        public static partial void Tried(ILogger logger, string credentialId, string provider, string result, int? status);
    }
}
