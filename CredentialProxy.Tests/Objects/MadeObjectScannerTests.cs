using System.Text;
using CredentialProxy.Core.Objects;
using CredentialProxy.Core.Providers.Tables;

namespace CredentialProxy.Tests.Objects;

/// <summary>What answers are found to have made, however they are cut, and whatever the client or the model put into them.</summary>
public sealed class MadeObjectScannerTests
{
    private const string Response = """{"id":"resp_1","object":"response","metadata":{"id":"resp_theirs"},"output":[{"type":"reasoning","id":"rs_1"},{"id":"ci_1","type":"code_interpreter_call","container_id":"cntr_1"}],"usage":{"id":"no"}}""";

    private const string ResponseStream = """
        event: response.created
        data: {"type":"response.created","response":{"id":"resp_1","output":[]}}

        : a comment with data: {"response":{"id":"resp_theirs"}}
        data: {"type":"response.output_item.added","item":{"id":"msg_1","content":[{"text":"{\"id\":\"resp_theirs\"}"}]}}

        data: {"type":"response.output_item.done","item":{"id":"ci_1","container_id":"cntr_1"}}

        data: {"type":"response.completed","response":{"id":"resp_1","output":[{"id":"msg_1"}]}}


        """;

    public static TheoryData<string, string, bool, string, string> Answers => new()
    {
        { "openai", "/v1/responses", false, Response, "response resp_1, item rs_1, item ci_1, container cntr_1" },
        { "openai", "/v1/responses", true, ResponseStream, "response resp_1, item msg_1, item ci_1, container cntr_1" },
        { "openai", "/v1/responses", true, ResponseStream.ReplaceLineEndings("\r\n"), "response resp_1, item msg_1, item ci_1, container cntr_1" },
        { "openai", "/v1/responses", true, ResponseStream.ReplaceLineEndings("\r"), "response resp_1, item msg_1, item ci_1, container cntr_1" },
        { "openai", "/v1/responses", true, "data: {\"response\":\r\ndata: {\"id\":\r\ndata: \"resp_2\"}}\r\n\r\n", "response resp_2" },
        { "openai", "/v1/files", false, """{ "object" : "file" , "id" : "file-1", "filename":"\"id\":\"file-theirs\"" }""", "file file-1" },
        { "openai", "/v1/uploads/{upload}/complete", false, """{"id":"upload_1","file":{"id":"file-1","filename":"x"}}""", "file file-1" },
        { "openai", "/v1/threads/runs", false, """{"id":"run_1","thread_id":"thread_1","tools":[{"thread_id":"thread_theirs"}]}""", "thread thread_1" },
        { "openai", "/v1/conversations", false, """[{"id":"conv_theirs"}]""", "" },
        { "openai", "/v1/conversations", false, """{"id":"co\u006ev_1"}""", "" },
        { "openai", "/v1/conversations", false, """{"data":{"id":"conv_theirs"},"id":{"id":"conv_theirs"}}""", "" },
        { "openai", "/v1/conversations", false, """{"id":7,"x":"conv_theirs"} {"id":"conv_theirs"}""", "" },
        { "anthropic", "/v1/messages", false, """{"id":"msg_1","content":[{"type":"tool_use","input":{"container":{"id":"container_theirs"}}},{"content":{"content":[{"file_id":"file_1"}]}}],"container":{"id":"container_1"}}""", "file file_1, container container_1" },
        { "gemini", "/v1beta/cachedContents", false, """{"name":"cachedContents/abc","model":"models/gemini"}""", "cached_content abc" },
        { "gemini", "/upload/v1beta/files", false, """{"file":{"name":"files/abc","uri":"https://x/files/abc"}}""", "file abc" },
        { "gemini", "/v1beta/models/{model}:batchGenerateContent", false, """{"name":"batches/abc","metadata":{"name":"batches/theirs"}}""", "batch abc" },
    };

    [Theory]
    [MemberData(nameof(Answers))]
    public void What_the_provider_names_as_made_is_found_wherever_the_answer_is_cut(string provider, string path, bool isEventStream, string answer, string expected)
    {
        var paths = PathsOf(provider, path);
        var bytes = Encoding.UTF8.GetBytes(answer);
        Assert.Equal(expected, Read(paths, isEventStream, [bytes]));
        for (var cut = 1; cut < bytes.Length; cut++)
        {
            Assert.Equal(expected, Read(paths, isEventStream, [bytes[..cut], bytes[cut..]]));
        }
        Assert.Equal(expected, Read(paths, isEventStream, [.. bytes.Select(single => new[] { single })]));
    }

    [Fact]
    public void An_id_is_told_with_the_bytes_that_end_it()
    {
        var scanner = new MadeObjectScanner(PathsOf("openai", "/v1/files"), isEventStream: false);
        Assert.Empty(scanner.Read("{\"id\":\"file-1"u8));
        Assert.Equal("file-12", Assert.Single(scanner.Read("2\""u8)).Id);
        Assert.Empty(scanner.Read(",\"id\":\"file-12\"}"u8));
    }

    [Fact]
    public void An_answer_of_any_depth_and_length_is_read_in_bounded_memory()
    {
        var deep = "{\"output\":" + new string('[', 100_000) + new string(']', 100_000) + ",\"id\":\"" + new string('x', 100_000) + "\",\"output\":[" + string.Join(',', Enumerable.Range(0, 3000).Select(i => $$"""{"id":"i{{i}}"}""")) + "]}";
        var scanner = new MadeObjectScanner(PathsOf("openai", "/v1/responses"), isEventStream: false);
        Assert.Equal(1024, scanner.Read(Encoding.UTF8.GetBytes(deep)).Count);
    }

    private static MadePaths PathsOf(string provider, string path) =>
        (provider switch { "openai" => EndpointFile.OpenAI, "anthropic" => EndpointFile.Anthropic, _ => EndpointFile.Gemini }).Endpoints.Single(endpoint => endpoint.Path == path && endpoint.Method == "POST").Makes!;

    private static string Read(MadePaths paths, bool isEventStream, byte[][] pieces)
    {
        var scanner = new MadeObjectScanner(paths, isEventStream);
        return string.Join(", ", pieces.SelectMany(piece => scanner.Read(piece).ToArray()).Select(made => $"{made.Kind.Name} {made.Id}"));
    }
}
