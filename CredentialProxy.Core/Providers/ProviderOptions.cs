namespace CredentialProxy.Core.Providers;

/// <summary>Settings of one provider, at <c>Providers:&lt;name&gt;</c>. For the four known providers every one has a default; any other name makes a custom provider.</summary>
public sealed class ProviderOptions
{
    /// <summary>Name of the configuration section that holds one section for each provider.</summary>
    public const string Section = "Providers";

    /// <summary>Where the provider is: an absolute <c>http</c> or <c>https</c> address. Required for a custom provider.</summary>
    public string? BaseUrl { get; set; }

    /// <summary>
    /// Whether the host in <see cref="BaseUrl"/> may lead to a loopback or private address. A host that is such an address itself, and a name that no public server has (<c>localhost</c>,
    /// <c>vllm</c>, <c>llm.internal</c>), need no permission; link-local addresses and clouds' metadata services are never connected to.
    /// </summary>
    public bool AllowPrivateAddresses { get; set; }

    /// <summary>The provider's key; or a reference, <c>env:NAME</c> or <c>file:/path</c>, which is followed when it leads to another key.</summary>
    public string? ApiKey { get; set; }

    /// <summary>Where the key goes: <c>bearer</c>, <c>header:NAME</c> or <c>query:NAME</c>. Custom providers default to <c>bearer</c>.</summary>
    public string? Slot { get; set; }

    /// <summary>
    /// Endpoints of a custom provider, each <c>METHOD /path</c>, a placeholder <c>{id}</c> or <c>{model}</c> standing for one segment. Required for a
    /// custom provider; added to the known ones of the others.
    /// </summary>
    public List<string> Endpoints { get; set; } = [];

    /// <summary>
    /// How bodies of <see cref="Endpoints"/> are read: <c>openai-chat</c>, <c>openai-completions</c>, <c>openai-responses</c>, <c>openai-embeddings</c>,
    /// <c>anthropic-messages</c>, <c>gemini-generate</c>, <c>gemini-embed</c>, or <c>none</c> (the default): then they are out of reach for tokens limited in <c>tokens</c> or <c>usd</c>.
    /// </summary>
    public string? Dialect { get; set; }

    /// <summary>Further request headers that may pass to the provider; a name ending in <c>*</c> is a prefix.</summary>
    public List<string> RequestHeaders { get; set; } = [];

    /// <summary>
    /// Whether the provider is told the trace that a request belongs to (<c>traceparent</c>), so that a server of one's own goes on with it. Its sampling flag is the gateway's own. Nobody is told
    /// otherwise.
    /// </summary>
    public bool SendTraceContext { get; set; }

    /// <summary>Further answer headers that may pass to clients; a name ending in <c>*</c> is a prefix.</summary>
    public List<string> ResponseHeaders { get; set; } = [];
}
