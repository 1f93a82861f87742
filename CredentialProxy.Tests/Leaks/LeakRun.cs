using System.Collections.Concurrent;
using System.Text;
using CredentialProxy.Tests.Gateway.Tokens;
using CredentialProxy.Tests.Running;

namespace CredentialProxy.Tests.Leaks;

/// <summary>
/// Drives the product through all that can happen to a request, with secrets that are found wherever they turn up, and keeps every surface on which they might: log, answers, files,
/// telemetry, what the upstream saw.
/// </summary>
public sealed class LeakRun : IAsyncLifetime
{
    private readonly ConcurrentQueue<string> _answers = new();

    /// <summary>Secrets that may be seen nowhere but in a provider's slot: its keys.</summary>
    internal Canaries Keys { get; } = new();

    /// <summary>Secrets that may be seen nowhere at all, once made: tokens, the admin key, what signs.</summary>
    internal Canaries Tokens { get; } = new();

    public string Log { get; private set; } = "";

    /// <summary>Status lines, headers and bodies of everything that a client was answered.</summary>
    public string Answers => string.Join('\n', _answers);

    /// <summary>The bytes of every file in the data directory but the one whose purpose is to tell scripts the demo's tokens.</summary>
    public Dictionary<string, string> Files { get; } = [];

    public string Traces { get; private set; } = "";

    public string Metrics { get; private set; } = "";

    public string ExportedLogs { get; private set; } = "";

    /// <summary>What the mock provider saw.</summary>
    public string Upstream { get; private set; } = "";

    internal Product Product { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        await using var receiver = await OtlpReceiver.StartAsync();
        await using var unreachable = new SilentListener();
        Product = await Product.StartAsync([.. Settings(receiver, unreachable)]);
        try
        {
            await new GatewayRounds(this).DriveAsync();
            await new ControlRounds(this).DriveAsync();
            await new BrokenRounds(this).DriveAsync();
            Upstream = (await Product.CapturedAsync()).ToJsonString();
            await Product.StopAsync();
            Log = string.Join('\n', Product.Log);
            foreach (var file in Directory.EnumerateFiles(Product.DataDirectory, "*", SearchOption.AllDirectories).Where(file => Path.GetFileName(file) != "demo.json"))
            {
                Files[Path.GetFileName(file)] = Encoding.Latin1.GetString(await File.ReadAllBytesAsync(file));
            }
        }
        finally
        {
            await Product.DisposeAsync();
        }
        (Traces, Metrics, ExportedLogs) = (receiver.Received("traces"), receiver.Received("metrics"), receiver.Received("logs"));
    }

    public ValueTask DisposeAsync() => default;

    /// <summary>Sends a request and keeps its answer, however it ends.</summary>
    internal async Task SendAsync(HttpRequestMessage request)
    {
        using (request)
        {
            try
            {
                using var answer = await Product.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
                _answers.Enqueue($"{(int)answer.StatusCode}\n{answer.Headers}{answer.Content.Headers}");
                _answers.Enqueue(await answer.Content.ReadAsStringAsync() + answer.TrailingHeaders);
            }
            catch (HttpRequestException)
            {
                // The upstream broke off, and the gateway with it.
            }
        }
    }

    /// <summary>Sends the very bytes and keeps the answer.</summary>
    internal async Task SendRawAsync(string request) => _answers.Enqueue(await RawClient.SendAsync(Product.Gateway, request));

    private IEnumerable<(string, string)> Settings(OtlpReceiver receiver, SilentListener unreachable)
    {
        foreach (var provider in ProviderCall.Providers)
        {
            yield return ($"Providers:{provider}:ApiKey", Keys.Add(provider + " key", Canaries.New("sk-" + provider)));
        }
        foreach (var (name, slot, address) in new[]
        {
            ("inquery", "query:access", $"http://{SilentListener.Nobody()}"), ("down", "bearer", $"http://{SilentListener.Nobody()}"), ("silent", "query:key", $"https://{unreachable.Authority}"),
        })
        {
            yield return ($"Providers:{name}:BaseUrl", address);
            yield return ($"Providers:{name}:ApiKey", Keys.Add(name + " key", Canaries.New("sk-" + name)));
            yield return ($"Providers:{name}:Slot", slot);
            yield return ($"Providers:{name}:Endpoints:0", "POST /v1/chat/completions");
            yield return ($"Providers:{name}:Dialect", "openai-chat");
        }
        yield return ("CREDENTIAL_PROXY_JWT_SECRET", Tokens.Add("session secret", SharedSecret.SessionSecret));
        yield return ("CREDENTIAL_PROXY_ADMIN_JWT_SECRET", Tokens.Add("admin JWT secret", SharedSecret.AdminSecret));
        yield return ("CREDENTIAL_PROXY_ADMIN_KEY", Tokens.Add("admin key", Canaries.New("cpadm")));
        yield return ("Gateway:ConnectTimeoutSeconds", "1");
        yield return ("Gateway:FirstByteTimeoutSeconds", "2");
        yield return ("Gateway:IdleTimeoutSeconds", "1");
        yield return ("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.Address);
        yield return ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf");
        // Nothing of a busy second is dropped.
        yield return ("OTEL_BSP_MAX_QUEUE_SIZE", "200000");
        yield return ("OTEL_BLRP_MAX_QUEUE_SIZE", "200000");
    }
}
