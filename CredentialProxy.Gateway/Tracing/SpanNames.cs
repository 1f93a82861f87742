namespace CredentialProxy.Gateway.Tracing;

/// <summary>Names of the spans within a request. That of the call to the provider is made of its operation and model; see <see cref="GenAI"/>.</summary>
internal static class SpanNames
{
    /// <summary>Name of the source.</summary>
    public const string Source = "CredentialProxy.Gateway";

    public const string Authenticate = "authenticate";
    public const string Authorize = "authorize";
    public const string Inspect = "inspect";
    public const string Reserve = "reserve";
    public const string Swap = "swap";
    public const string Settle = "settle";
}
