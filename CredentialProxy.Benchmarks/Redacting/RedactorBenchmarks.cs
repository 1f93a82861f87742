using System.Text;
using BenchmarkDotNet.Attributes;
using CredentialProxy.Gateway.Redacting;

namespace CredentialProxy.Benchmarks.Redacting;

/// <summary>What it costs to look for the key in one read of an answer. The key is as long as OpenAI's are.</summary>
[MemoryDiagnoser]
public class RedactorBenchmarks
{
    private const string Answer =
        """{"id":"chatcmpl-B9MBs8CjcvOU2jLn4n570S5qMJKcT","object":"chat.completion","created":1741569952,"model":"gpt-4o-mini-2024-07-18","choices":[{"index":0,"message":{"role":"assistant","content":"Hello! Here is some code:\n```python\ndef fox():\n    return \"the quick brown fox\"\n```\nIt takes no arguments and gives back a text.","refusal":null,"annotations":[]},"logprobs":null,"finish_reason":"stop"}],"usage":{"prompt_tokens":19,"completion_tokens":10,"total_tokens":29,"prompt_tokens_details":{"cached_tokens":0,"audio_tokens":0},"completion_tokens_details":{"reasoning_tokens":0,"audio_tokens":0,"accepted_prediction_tokens":0,"rejected_prediction_tokens":0}},"service_tier":"default"}""";

    private static readonly string Key = "sk-proj-" + string.Concat(Enumerable.Range(0, 156).Select(i => (char)('A' + i * 7 % 26 + (i % 2 * 32))));
    private static readonly KeyForms Forms = new(Key);

    private readonly byte[] _answer = Bytes(Answer);
    private readonly byte[] _event = Bytes("data: {\"id\":\"chatcmpl-B9MB\",\"object\":\"chat.completion.chunk\",\"created\":1741569952,\"model\":\"gpt-4o-mini-2024-07-18\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\" quick\"},\"logprobs\":null,\"finish_reason\":null}]}\n\n");
    private readonly byte[] _escaped = Bytes(Answer.Replace("o", "\\u00e9", StringComparison.Ordinal));
    private readonly byte[] _large = Bytes(string.Concat(Enumerable.Repeat(Answer, 80)));
    private readonly byte[] _error = Bytes($$$"""{"error":{"message":"Incorrect API key provided: {{{Key[..8]}}}***{{{Key[^4..]}}}. You can find your API key at https://platform.openai.com/account/api-keys.","type":"invalid_request_error","param":null,"code":"invalid_api_key"}}""");
    private readonly byte[] _binary = new byte[64 * 1024];

    private readonly AnswerRedactor _redactor = new(Forms, isError: false);

    [GlobalSetup]
    public void Setup() => System.Security.Cryptography.RandomNumberGenerator.Fill(_binary);

    [Benchmark(Baseline = true, Description = "chat answer, 0.75 KB")]
    public int ChatAnswer() => Pass(_answer);

    [Benchmark(Description = "one event, 0.2 KB")]
    public int Event() => Pass(_event);

    [Benchmark(Description = "chat answer with 40 \\u00e9")]
    public int EscapedAnswer() => Pass(_escaped);

    [Benchmark(Description = "JSON, 60 KB")]
    public int LargeAnswer() => Pass(_large);

    [Benchmark(Description = "random bytes, 64 KB")]
    public int Binary() => Pass(_binary);

    [Benchmark(Description = "error that shows a masked key, 0.25 KB")]
    public int Error()
    {
        var copy = _error.AsSpan().ToArray();
        return new AnswerRedactor(Forms, isError: true).Redact(copy);
    }

    [Benchmark(Description = "preparing a key")]
    public object Prepare() => new KeyForms(Key);

    private int Pass(byte[] bytes) => _redactor.Redact(bytes.AsSpan(_redactor.Restore(bytes)));

    private static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);
}
