namespace CredentialProxy.Benchmarks.Throughput;

/// <summary>An nginx that answers every request with the same chat completion, so that the upstream costs next to nothing.</summary>
internal sealed class StaticUpstream : IDisposable
{
    private const string Completion = """{"id":"chatcmpl-1","object":"chat.completion","created":1767225600,"model":"gpt-4o-mini","choices":[{"index":0,"message":{"role":"assistant","content":"The quick brown fox jumps over the lazy dog, and the dog does not mind at all, because it is a sunny day and the grass is soft.","refusal":null},"logprobs":null,"finish_reason":"stop"}],"usage":{"prompt_tokens":120,"completion_tokens":32,"total_tokens":152,"prompt_tokens_details":{"cached_tokens":0,"audio_tokens":0},"completion_tokens_details":{"reasoning_tokens":0,"audio_tokens":0}},"system_fingerprint":"fp_1"}""";

    private readonly string _directory;
    private readonly ChildProcess _process;

    private StaticUpstream(string directory, ChildProcess process, int port)
    {
        _directory = directory;
        _process = process;
        Address = $"http://127.0.0.1:{port}";
    }

    public string Address { get; }

    /// <summary>Starts it on a port, and where one is named on one processor alone.</summary>
    public static StaticUpstream Start(int port, int? processor = null)
    {
        var directory = Directory.CreateTempSubdirectory("credential-proxy-nginx").FullName;
        var configuration = Path.Combine(directory, "nginx.conf");
        File.WriteAllText(configuration, $$"""
            daemon off; worker_processes 1;{{(processor is { } one ? $" worker_cpu_affinity {1 << one:b};" : "")}} pid {{directory}}/pid; error_log {{directory}}/error.log;
            events { worker_connections 4096; }
            http {
              access_log off; keepalive_requests 100000000; keepalive_timeout 600s; client_max_body_size 0; client_body_temp_path {{directory}}/body;
              server { listen 127.0.0.1:{{port}}; location / { default_type application/json; return 200 '{{Completion}}'; } }
            }
            """);
        return new StaticUpstream(directory, ChildProcess.Start("nginx", ["-c", configuration, "-p", directory]), port);
    }

    public void Dispose()
    {
        _process.Dispose();
        Directory.Delete(_directory, recursive: true);
    }
}
