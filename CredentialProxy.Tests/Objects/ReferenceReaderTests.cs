using System.Buffers;
using System.Text;
using CredentialProxy.Core.Inspection;
using CredentialProxy.Core.Objects;
using CredentialProxy.Core.Providers;
using CredentialProxy.Core.Providers.Tables;

namespace CredentialProxy.Tests.Objects;

/// <summary>Which stored objects a body is found to name.</summary>
public sealed class ReferenceReaderTests
{
    public static TheoryData<Dialect, string, string> Bodies => new()
    {
        { Dialect.OpenAIResponses, """{"previous_response_id":"resp_1","model":"m"}""", "response resp_1" },
        { Dialect.OpenAIResponses, """{"prompt_cache_options":{"comparison_response_id":"resp_1"}}""", "response resp_1" },
        { Dialect.AnthropicMessages, """{"user_profile_id":"uprof_1"}""", "user_profile uprof_1" },
        { Dialect.OpenAIResponses, """{"previous_response_id":"resp_mine","previous_response_id":"resp_theirs"}""", "response resp_mine, response resp_theirs" },
        { Dialect.OpenAIResponses, """{"conversation":"conv_1"}""", "conversation conv_1" },
        { Dialect.OpenAIResponses, """{"conversation":{"id":"conv_1"}}""", "conversation conv_1" },
        { Dialect.OpenAIResponses, """{"prompt":{"id":"pmpt_1","version":"2","variables":{"doc":{"type":"input_file","file_id":"file-1"}}}}""", "prompt pmpt_1, file file-1" },
        { Dialect.OpenAIResponses, """{"input":[{"role":"user","content":[{"type":"input_file","file_id":"file-1"},{"type":"input_image","file_id":"file-1"},{"type":"input_text","text":"file-2abcdef"}]}]}""", "file file-1" },
        { Dialect.OpenAIResponses, """{"input":[{"id":"msg_1","type":"item_reference"},{"type":"item_reference","id":"msg_2"},{"id":"msg_3"},{"type":"message","id":"msg_4","role":"assistant","content":[]}]}""", "item msg_1, item msg_2, item msg_3" },
        { Dialect.OpenAIResponses, """{"tools":[{"type":"file_search","vector_store_ids":["vs_1","vs_2"]},{"type":"code_interpreter","container":"cntr_1"},{"type":"code_interpreter","container":{"type":"auto","file_ids":["file-1"]}}]}""", "vector_store vs_1, vector_store vs_2, container cntr_1, file file-1" },
        { Dialect.OpenAIResponses, """{"tools":[{"type":"shell","environment":{"type":"container_reference","container_id":"cntr_1"}},{"skills":[{"type":"skill_reference","skill_id":"skill_1"},{"skill_id":"openai-sheets"}]}]}""", "container cntr_1, skill skill_1" },
        { Dialect.OpenAIResponses, """{"tools":[{"type":"function","name":"f","parameters":{"properties":{"file_id":{"type":"string"}},"file_id":"file-1"}}],"metadata":{"file_id":"file-1"},"text":{"format":{"schema":{"file_id":"x"}}}}""", "" },
        { Dialect.OpenAIResponses, """{"file_\u0069d":"file\u002d1"}""", "file file-1" },
        { Dialect.OpenAIChat, """{"messages":[{"role":"user","content":[{"type":"file","file":{"file_id":"file-1"}}]},{"role":"assistant","audio":{"id":"audio_1"}}],"audio":{"voice":"alloy","format":"wav"}}""", "file file-1, audio audio_1" },
        { Dialect.OpenAIChat, """{"audio":{"voice":{"id":"voice_1"}},"messages":[]}""", "voice voice_1" },
        { Dialect.AnthropicMessages, """{"container":"container_1","messages":[{"role":"user","content":[{"type":"document","source":{"type":"file","file_id":"file_1"}},{"type":"container_upload","file_id":"file_2"}]}]}""", "container container_1, file file_1, file file_2" },
        { Dialect.AnthropicMessages, """{"container":{"id":"container_1","skills":[{"type":"custom","skill_id":"skill_1"},{"type":"anthropic","skill_id":"pptx"}]}}""", "container container_1, skill skill_1" },
        { Dialect.AnthropicMessages, """{"messages":[{"role":"assistant","content":[{"type":"tool_use","input":{"file_id":"anything","container":"x"}}]}],"tools":[{"input_schema":{"file_id":"x"}}],"metadata":{"user_id":"file_1"}}""", "" },
        { Dialect.GeminiGenerate, """{"cachedContent":"cachedContents/abc","contents":[{"parts":[{"fileData":{"fileUri":"https://generativelanguage.googleapis.com/v1beta/files/f1"}}]}]}""", "cached_content abc, file f1" },
        { Dialect.GeminiGenerate, """{"cached_content":"abc","contents":[{"parts":[{"file_data":{"file_uri":"files/f1"}}]}],"tools":[{"fileSearch":{"fileSearchStoreNames":["fileSearchStores/s1"]}}]}""", "cached_content abc, file f1, file_search_store s1" },
        { Dialect.GeminiGenerate, """{"contents":[{"parts":[{"fileData":{"fileUri":"https://www.youtube.com/watch?v=x"}},{"functionCall":{"args":{"fileUri":"files/f1"}}},{"functionResponse":{"response":{"fileUri":"files/f1"}}}]}]}""", "" },
    };

    [Theory]
    [MemberData(nameof(Bodies))]
    [Trait("threat", "spend-13")]
    public void A_body_for_a_model_names_objects_where_its_provider_looks_for_them(Dialect dialect, string body, string expected) =>
        Assert.Equal(expected, Read(KindsOf(dialect), dialect, body, looksAtValues: false));

    [Theory]
    [MemberData(nameof(Bodies))]
    public void What_a_second_look_finds_the_first_one_has_seen_coming(Dialect dialect, string body, string expected)
    {
        var members = "\"model\":\"m\"" + (dialect == Dialect.AnthropicMessages ? ",\"max_tokens\":9" : "");
        var whole = body.Contains("\"model\"", StringComparison.Ordinal) ? body : "{" + members + "," + body[1..];
        if (RequestInspector.Inspect(dialect, Sequence(whole), null, false, out var facts) is null)
        {
            Assert.True(expected.Length == 0 || facts.MayNameObjects);
        }
        else
        {
            // Refused altogether: a member is there twice.
            Assert.Contains("resp_theirs", body, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("""{"input_file_id":"file-1","endpoint":"/v1/responses"}""", "file file-1")]
    [InlineData("""{"training_file":"file-1","validation_file":"file-2","model":"gpt-4o"}""", "file file-1, file file-2")]
    [InlineData("""{"some_new_field":"file-abcdefgh12","and":{"another":["vs_ABCDEFGHIJ"]}}""", "file file-abcdefgh12, vector_store vs_ABCDEFGHIJ")]
    [InlineData("""{"name":"file-abcdefgh12","description":"vs_abcdefgh12","instructions":"batch_abcdefgh12","metadata":{"ref":"file-abcdefgh12"}}""", "")]
    [InlineData("""{"x":"file-abcdefgh 12","y":"file-a1","tools":[{"type":"file_search"},{"type":"file_search_results_2"},{"type":"thread_countingwords"}]}""", "")]
    [InlineData("""{"video":{"id":"video_1"}}""", "video video_1")]
    [InlineData("""{"Training_File":"a","tools":[{"Vector_Store_Ids":["b"]}],"VIDEO":{"ID":"c"},"items":[{"ID":"d"},{"Type":"item_reference","Id":"e"}]}""", "file a, vector_store b, video c, item d, item e")]
    public void In_a_body_that_manages_objects_whatever_looks_like_an_id_is_one(string body, string expected) =>
        Assert.Equal(expected, Read(EndpointFile.OpenAI.Kinds, Dialect.None, body, looksAtValues: true));

    [Theory]
    [InlineData("""{"anything":"files/a","input":{"uri":"https://g.example/v1beta/files/b"}}""", "file a, file b")]
    [InlineData("""{"environment":"browser","tools":[{"environment":"environments/e1"}],"webhook":{"uri":"https://hooks.example/x"}}""", "environment e1")]
    public void In_such_a_body_of_Gemini_s_a_path_is_a_name_however_short(string body, string expected) =>
        Assert.Equal(expected, Read(EndpointFile.Gemini.Kinds, Dialect.None, body, looksAtValues: true));

    [Theory]
    [Trait("threat", "spend-13")]
    [InlineData("""{"input":[{"id":"msg_1"},{"type":null,"id":"msg_2"},{"type":"message","id":"msg_3"}]}""", "item msg_1, item msg_2")]
    [InlineData("""{"items":[{"id":"msg_1"},{"id":"msg_2","type":"item_reference"},{"type":"message","id":"msg_3","content":[]}]}""", "item msg_1, item msg_2")]
    [InlineData("""{"anything":[{"id":"msg_1"}]}""", "")]
    public void An_item_that_is_nothing_but_an_id_is_a_reference_wherever_items_are(string body, string expected)
    {
        Assert.Equal(expected, Read(EndpointFile.OpenAI.Kinds, Dialect.None, body, looksAtValues: false));
        Assert.Equal(expected, Read(EndpointFile.OpenAI.Kinds, Dialect.None, body, looksAtValues: true));
    }

    [Theory]
    [Trait("threat", "spend-13")]
    [InlineData("""{"input":[{"type":"message","type":null,"id":"msg_1"}]}""", "type")]
    [InlineData("""{"input":[{"type":null,"id":"msg_1","typ\u0065":"message"}]}""", "type")]
    [InlineData("""{"input":[{"type":"item_reference","id":"msg_mine","id":"msg_theirs"}]}""", "id")]
    [InlineData("""{"input":[{"type":"message","Type":"item_reference","id":"msg_1"}]}""", "Type")]
    [InlineData("""{"input":[{"type":"item_reference","id":"msg_mine","id":["msg_theirs"]}]}""", "id")]
    public void What_an_item_is_or_which_may_be_said_once(string body, string member)
    {
        foreach (var dialect in new[] { Dialect.None, Dialect.OpenAIResponses })
        {
            Assert.Equal(member, ReferenceReader.Read(EndpointFile.OpenAI.Kinds, dialect, Sequence(body), dialect == Dialect.None, out _)?.Param);
        }
        var whole = """{"model":"m",""" + body[1..];
        Assert.True(RequestInspector.Inspect(Dialect.OpenAIResponses, Sequence(whole), null, false, out _)?.Param is "input" or "type");
    }

    [Fact]
    [Trait("threat", "spend-13")]
    public void An_item_whose_type_is_null_is_seen_as_a_reference_at_the_first_look()
    {
        Assert.Null(RequestInspector.Inspect(Dialect.OpenAIResponses, Sequence("""{"model":"m","input":[{"type":null,"id":"msg_1"}]}"""), null, false, out var facts));
        Assert.True(facts is { HasUnseenInput: true, MayNameObjects: true });
    }

    [Theory]
    [Trait("threat", "spend-13")]
    [InlineData(new byte[] { 0xEF, 0xBB, 0xBF, (byte)'{', (byte)'}' })]
    [InlineData(new byte[] { (byte)'{', (byte)'"', 0xC0, 0xA2, (byte)'"', (byte)':', (byte)'1', (byte)'}' })]
    [InlineData(new byte[] { (byte)'{', 0, (byte)'}', 0 })]
    public void What_is_no_UTF_8_is_refused_in_bodies_that_manage_objects_too(byte[] body) =>
        Assert.NotNull(ReferenceReader.Read(EndpointFile.OpenAI.Kinds, Dialect.None, new(body), true, out _));

    [Fact]
    public void The_model_of_such_a_body_is_read_at_its_root_alone()
    {
        Assert.Null(ReferenceReader.Read(ObjectKinds.None, Dialect.None, Sequence("""{"model":"a","x":{"model":"b"},"model":"c"}"""), true, out var references));
        Assert.Equal(["a", "c"], references.Models);
    }

    [Theory]
    [InlineData("{")]
    [InlineData("""{"file_id":"\ud800"}""")]
    [InlineData("""{"a":nul""")]
    [InlineData("nonsense")]
    [Trait("threat", "avail-2")]
    public void What_is_no_JSON_is_refused(string body) =>
        Assert.NotNull(ReferenceReader.Read(EndpointFile.OpenAI.Kinds, Dialect.None, Sequence(body), true, out _));

    [Fact]
    [Trait("threat", "avail-2")]
    public void Too_many_are_told_and_one_that_is_too_long_is_nobody_s()
    {
        var many = $$"""{"file_ids":[{{string.Join(',', Enumerable.Range(0, 200).Select(i => $"\"file-{i}\""))}}]}""";
        Assert.Null(ReferenceReader.Read(EndpointFile.OpenAI.Kinds, Dialect.None, Sequence(many), true, out var references));
        Assert.True(references.AreTooMany);
        Assert.Equal(References.MaxCount, references.All.Count);
        Assert.Equal("file (too long)", Read(EndpointFile.OpenAI.Kinds, Dialect.None, $$"""{"file_id":"{{new string('x', 100_000)}}"}""", true));
    }

    private static ObjectKinds KindsOf(Dialect dialect) => dialect switch
    {
        Dialect.AnthropicMessages => EndpointFile.Anthropic.Kinds,
        Dialect.GeminiGenerate => EndpointFile.Gemini.Kinds,
        _ => EndpointFile.OpenAI.Kinds,
    };

    private static ReadOnlySequence<byte> Sequence(string text) => new(Encoding.UTF8.GetBytes(text));

    private static string Read(ObjectKinds kinds, Dialect dialect, string body, bool looksAtValues)
    {
        Assert.Null(ReferenceReader.Read(kinds, dialect, Sequence(body), looksAtValues, out var references));
        return string.Join(", ", references.All.Select(reference => $"{reference.Kind.Name} {reference.Id}"));
    }
}
