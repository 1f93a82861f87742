using CredentialProxy.Core.Providers;

namespace CredentialProxy.Tests.Inspection;

/// <summary>What a body asks a provider to keep in its cache, which costs more to write the longer it is kept.</summary>
public sealed class CacheMarkTests
{
    [Theory]
    [InlineData("""{"model":"m","max_tokens":1,"messages":[]}""", false, false)]
    [InlineData("""{"model":"m","max_tokens":1,"cache_control":{"type":"ephemeral"}}""", true, false)]
    [InlineData("""{"model":"m","max_tokens":1,"messages":[{"content":[{"type":"text","text":"x","cache_control":{"type":"ephemeral"}}]}]}""", true, false)]
    [InlineData("""{"model":"m","max_tokens":1,"messages":[{"content":[{"type":"text","text":"x","cache_control":{"ttl":"1h","type":"ephemeral"}}]}]}""", true, true)]
    [InlineData("""{"model":"m","max_tokens":1,"tools":[{"name":"f","cache_control":{"type":"ephemeral","ttl":"1h"}}]}""", true, true)]
    [InlineData("""{"model":"m","max_tokens":1,"system":[{"type":"text","text":"x","cache_control":{"type":"ephemeral","ttl":"5m"}}]}""", true, false)]
    [InlineData("""{"model":"m","max_tokens":1,"messages":[{"content":[{"type":"text","text":"cache_control","cache_control":null}]}],"ttl":"1h"}""", false, false)]
    public void Marks_for_a_cache_are_seen(string body, bool write, bool hour)
    {
        var facts = Bodies.Read(Dialect.AnthropicMessages, body);
        Assert.Equal((write, hour), (facts.WantsCacheWrite, facts.WantsCacheHour));
    }

    [Theory]
    [Trait("threat", "spend-5")]
    [InlineData("""{"model":"m","input":"x","prompt_cache_options":{"mode":"explicit"}}""", true, false)]
    [InlineData("""{"model":"m","input":"x","prompt_cache_options":{"ttl":"12h"}}""", true, true)]
    [InlineData("""{"model":"m","input":[{"role":"user","content":[{"type":"input_text","text":"x","prompt_cache_breakpoint":{"mode":"explicit","ttl":"30m"}}]}]}""", true, false)]
    [InlineData("""{"model":"m","input":[{"role":"user","content":[{"type":"input_text","text":"x","prompt_cache_breakpoint":{"ttl":"12h","mode":"explicit"}}]}]}""", true, true)]
    public void Marks_for_OpenAI_s_cache_are_seen(string body, bool write, bool hour)
    {
        var facts = Bodies.Read(Dialect.OpenAIResponses, body);
        Assert.Equal((write, hour), (facts.WantsCacheWrite, facts.WantsCacheHour));
    }
}
