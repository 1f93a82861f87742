using CredentialProxy.Tests.Running;

namespace CredentialProxy.Tests.Attacks;

/// <summary>Request targets that mean, to somebody on the way, another place than they say.</summary>
[Trait("threat", "reach-1")]
[Trait("threat", "reach-3")]
[Trait("threat", "reach-6")]
[Trait("threat", "fault-1")]
public sealed class PathAttacks(AttackedProduct attacked) : IClassFixture<AttackedProduct>
{
    // {evil} stands for the host and port of the place that nothing may reach.
    private static readonly string[] Targets =
    [
        "//{evil}/v1/chat/completions", "///{evil}/v1/chat/completions", "/\\{evil}/v1/chat/completions", "\\\\{evil}\\v1", "/..//{evil}/", "/.//{evil}/", "/%2f%2f{evil}/v1/chat/completions",
        "/%2F{evil}/v1/chat/completions", "/%5c{evil}/v1", "/%5C%5c{evil}/v1", "@{evil}/v1/chat/completions", "/@{evil}/v1/chat/completions", ":@{evil}/", "{evil}", "{evil}/v1/chat/completions",
        "http://{evil}/v1/chat/completions", "https://{evil}/v1/chat/completions", "HTTP://{evil}", "http:{evil}", "http:/{evil}/", "//user:pass@{evil}/", "http://127.0.0.1@{evil}/v1/chat/completions",
        "/openai//{evil}/v1/chat/completions", "/openai/@{evil}/v1/chat/completions", "/openai/\\{evil}", "/openai/http://{evil}/", "/openai/%68ttp://{evil}/", "/query/../{evil}", "/query//{evil}/things",
        "/openai/v1/chat/completions/../../organization/keys", "/openai/v1/chat/completions/..", "/openai/v1/chat/completions/../", "/openai/v1/./chat/completions", "/openai/v1/chat/completions/.",
        "/openai/v1/chat/completions/%2e%2e/%2e%2e/organization/keys", "/openai/v1/chat/completions/%2E%2e/x", "/openai/v1/chat/completions/.%2e/x", "/openai/v1/chat/completions/%2e./x",
        "/openai/v1/chat/completions/%252e%252e/x", "/openai/v1/chat/completions/%25252e%25252e/x", "/openai/v1/chat/completions/..%2fx", "/openai/v1/chat/completions/..%252fx", "/openai/v1/chat/completions/..%5cx",
        "/openai/v1/chat/completions/..;/x", "/openai/v1/chat/completions/..;a=b/x", "/openai/v1/chat/completions/;/../x", "/openai/v1/chat/completions;a=b", "/openai/v1;a=b/chat/completions", "/openai/v1/chat/completions%3ba=b",
        "/openai/v1/chat/completions/%c0%ae%c0%ae/x", "/openai/v1/chat/completions/%e0%80%ae%e0%80%ae/x", "/openai/v1/chat/completions/%c0%2e%c0%2e/x", "/openai/v1/chat/completions/%uff0e%uff0e/x", "/openai/v1/chat/completions/%u002e%u002e/x",
        "/openai/v1/chat/completions/\u00c0\u00ae\u00c0\u00ae/x", "/openai/v1/chat/completions/\uff0e", "/openai/v1/chat/completions/", "/openai/v1/chat//completions", "//openai/v1/chat/completions",
        "/OPENAI/v1/chat/completions", "/openai/V1/chat/completions", "/openai/v1/Chat/Completions", "/openai/v1/chat%2fcompletions", "/openai%2fv1/chat/completions", "/openai/v1/chat/completions%00", "/openai/v1/chat/completions%00.json",
        "/openai/v1/chat/completions%0d%0aHost:%20{evil}", "/openai/v1/chat/completions%20HTTP/1.1", "/openai/v1/chat/completions%09", "/openai/v1/chat/completions%7f", "/openai/v1/chat/completions#/../x", "/openai/v1/chat/completions#",
        "/openai/v1/chat/completions?x#y", "/openai/v1/chat/completions?x=\\", "/openai/v1/chat/completions?\u00e9", "#", "?", "*", "/", "/openai", "/openai/", "/.", "/..", "/%", "/%2", "/%zz", "/openai/v1/chat/completions\t", "/openai/v1/chat\tcompletions",
        "/openai/v1/chat/completions\u0000", "/openai/v1/chat/completions\u0001", "/openai/v1/chat/completions\u007f", "/openai/v1/chat/completions\r\nHost: {evil}\r\n\r\n", "/openai/v1/chat/completions\nX: y", "/openai/v1/chat/completions\rX: y",
        "/gemini/v1beta/models/a;b:generateContent", "/gemini/v1beta/models/a%3bb:generateContent", "/gemini/v1beta/models/a%2fb:generateContent", "/gemini/v1beta/models/a%5cb:generateContent", "/gemini/v1beta/models/a\\b:generateContent",
        "/gemini/v1beta/models/a%00:generateContent", "/gemini/v1beta/models/a%0d%0ab:generateContent", "/gemini/v1beta/models/a%23b:generateContent", "/gemini/v1beta/models/a%3fb:generateContent", "/gemini/v1beta/models/a%25b:generateContent",
        "/gemini/v1beta/models/%2e%2e:generateContent", "/gemini/v1beta/models/../models/a:generateContent", "/gemini/v1beta/models/x/../a:generateContent", "/gemini/v1beta/models/./a:generateContent", "/gemini/v1beta/models//:generateContent",
        "/gemini/v1beta/models/a%c3%a4:generateContent", "/gemini/v1beta/models/a\"b:generateContent", "/gemini/v1beta/models/<a>:generateContent", "/gemini/v1beta/models/a:generateContent/", "/gemini/v1beta/models/a:GenerateContent", "/gemini/v1beta/models/:generateContent",
    ];

    public static TheoryData<string> Paths => [.. Targets];

    [Theory]
    [MemberData(nameof(Paths))]
    public async Task A_target_that_is_not_plain_reaches_no_upstream(string target)
    {
        attacked.Upstream.Forget();
        var answer = await RawConnection.AskAsync(attacked.Gateway, Post(target.Replace("{evil}", attacked.Evil.Host, StringComparison.Ordinal)));
        attacked.AssertNothingArrived(answer);
    }

    [Theory]
    [InlineData("/openai/v1/chat/completions?next=//{evil}/../..&u=http://user@{evil}/%2e%2e/%2f;a=b", "/v1/chat/completions?next=//{evil}/../..&u=http://user@{evil}/../%2f;a=b")]
    [InlineData("/openai/v1/models/gpt-4o%40{port}", "/v1/models/gpt-4o@{port}")]
    [InlineData("/gemini/v1beta/models/a%3Ab%40c:generateContent", "/v1beta/models/a:b@c:generateContent")]
    [InlineData("/query/things?@{evil}", "/base/path/things?@{evil}&access={key}")]
    public async Task What_is_taken_arrives_at_the_configured_host_as_it_was_matched(string target, string expected)
    {
        attacked.Upstream.Forget();
        string Fill(string text) => text.Replace("{evil}", attacked.Evil.Host, StringComparison.Ordinal).Replace("{port}", attacked.Evil.Host.Split(':')[1], StringComparison.Ordinal).Replace("{key}", AttackedProduct.Key, StringComparison.Ordinal);
        var isGet = target.Contains("things", StringComparison.Ordinal) || target.Contains("gpt-4o", StringComparison.Ordinal);

        var answer = await RawConnection.AskAsync(attacked.Gateway, isGet ? attacked.Get(Fill(target)) : Post(Fill(target)));

        Assert.StartsWith("HTTP/1.1 200 ", answer, StringComparison.Ordinal);
        var lines = Assert.Single(attacked.Upstream.Requests).Split("\r\n");
        Assert.Equal($"{(isGet ? "GET" : "POST")} {Fill(expected)} HTTP/1.1", lines[0]);
        Assert.Equal(attacked.Upstream.Host, WireReader.ValueOf(lines, "host"));
        Assert.Equal(0, attacked.Evil.Connections);
    }

    // With a body that the endpoint would take, so that nothing but the target is refused.
    private string Post(string target) => attacked.Chat(target, body: target.Contains("gemini", StringComparison.Ordinal) ? """{"contents":[{"role":"user","parts":[{"text":"Hi"}]}]}""" : null);
}
