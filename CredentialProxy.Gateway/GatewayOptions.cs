using System.ComponentModel.DataAnnotations;
using CredentialProxy.Core.Grants;

namespace CredentialProxy.Gateway;

/// <summary>Settings of the gateway, at <c>Gateway</c>.</summary>
public sealed class GatewayOptions : IValidatableObject
{
    /// <summary>Name of the configuration section.</summary>
    public const string Section = "Gateway";

    /// <summary>Longest wait for a connection to an upstream, in seconds.</summary>
    [Range(1, 300)]
    public int ConnectTimeoutSeconds { get; set; } = 10;

    /// <summary>
    /// Longest wait from sending a request to the first byte of its answer, in seconds. Models think; the official SDKs wait ten minutes.
    /// </summary>
    [Range(1, 3600)]
    public int FirstByteTimeoutSeconds { get; set; } = 600;

    /// <summary>Longest silence within an answer, in seconds.</summary>
    [Range(1, 3600)]
    public int IdleTimeoutSeconds { get; set; } = 120;

    /// <summary>Longest life of one request, in seconds, streams included; at most <c>Ledger:ReservationLifetime</c>, for what was reserved for it can be held no longer.</summary>
    [Range(1, 86400)]
    public int RequestTimeoutSeconds { get; set; } = 3600;

    /// <summary>
    /// Largest request body that is read for its model and limits, in bytes; it is held in memory until it has been sent. JSON in it may be nested 64 deep, whatever
    /// its size.
    /// </summary>
    [Range(1024, 512L * 1024 * 1024)]
    public long MaxInspectedBodyBytes { get; set; } = 64L * 1024 * 1024;

    /// <summary>Largest request body that passes unread (uploads), in bytes.</summary>
    [Range(1024, 16L * 1024 * 1024 * 1024)]
    public long MaxBodyBytes { get; set; } = 1024L * 1024 * 1024;

    /// <summary>Most bytes of bodies read for their model and limits that are held in memory for one token, so that none takes the room of all; then its requests are refused (429).</summary>
    [Range(1024 * 1024, 1L << 40)]
    public long MaxHeldBytesPerToken { get; set; } = 128L * 1024 * 1024;

    /// <summary>Most bytes of such bodies that are held in memory in all; then requests are refused (503) until some have been sent.</summary>
    [Range(1024 * 1024, 1L << 40)]
    public long MaxHeldBytes { get; set; } = 512L * 1024 * 1024;

    /// <summary>Most requests of one token that may be open at a time, whatever its own limits say; further ones are refused (429).</summary>
    [Range(1, 1_000_000)]
    public int MaxOpenRequestsPerToken { get; set; } = 5_000;

    /// <summary>Most requests that may be open at a time in all; further ones are refused (503).</summary>
    [Range(1, 1_000_000)]
    public int MaxOpenRequests { get; set; } = 20_000;

    /// <summary>Most connections to one upstream server (each of which carries many requests where the upstream speaks HTTP/2).</summary>
    [Range(1, 100_000)]
    public int MaxUpstreamConnections { get; set; } = 10_000;

    /// <summary>
    /// Whether a request whose worst case does not fit what is left gets its output limit lowered to what does fit, instead of a refusal.
    /// </summary>
    public bool ClampOutputToRemaining { get; set; }

    /// <summary>
    /// How many calls of a provider's own tools a request may make that states no bound itself, where its token is limited in tokens or dollars and the tool is granted. The bound
    /// is put into the request, and as many calls are reserved.
    /// </summary>
    [Range(1, 100)]
    public int HostedToolCalls { get; set; } = 5;

    /// <summary>
    /// How fast a model may think, in tokens per second: the fastest that hosts are known to generate. An answer that breaks off without the provider's figures is charged so much for the time in which
    /// nothing came that could be read, unless its model is known never to reason. 0 charges for what came alone.
    /// </summary>
    [Range(0, 100_000)]
    public int HiddenTokensPerSecond { get; set; } = 3000;

    /// <summary>Most tokens whose verification is remembered.</summary>
    [Range(100, 10_000_000)]
    public int TokenCacheSize { get; set; } = 100_000;

    /// <summary>Most tokens that are remembered as unknown; apart from the others, so that no flood of them makes a known one be forgotten.</summary>
    [Range(100, 1_000_000)]
    public int UnknownTokenCacheSize { get; set; } = 10_000;

    /// <summary>How long a token that is not known stays so without asking again, in seconds.</summary>
    [Range(0, 60)]
    public int UnknownTokenSeconds { get; set; } = 1;

    /// <summary>
    /// Most tokens that prove nothing that are looked at for one client address (one /64 network of IPv6) within ten seconds. Beyond, a token that is not known already is
    /// answered 429 unread, and looked at when it comes again, the more likely the oftener; known ones pass.
    /// </summary>
    [Range(1, 1_000_000)]
    public int MaxFailedTokensPerAddress { get; set; } = 100;

    /// <summary>Browser origins that are allowed whatever the token says; a token's own list narrows them. Empty: every origin, as the token allows.</summary>
    public IList<string> Origins { get; } = [];

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Origins.FirstOrDefault(text => !Scope.IsOrigin(text)) is { } wrong)
        {
            yield return new ValidationResult($"'{wrong}' is no origin such as https://app.example.com", [nameof(Origins)]);
        }
    }
}
