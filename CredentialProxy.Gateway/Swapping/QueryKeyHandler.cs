namespace CredentialProxy.Gateway.Swapping;

/// <summary>
/// Puts the key into the query of a request to a provider that takes it there, at the last moment before it is sent: whatever handles or logs the request's address before that, the
/// forwarder among it, sees an address without the key.
/// </summary>
internal sealed class QueryKeyHandler(HttpMessageHandler inner) : DelegatingHandler(inner)
{
    private static readonly HttpRequestOptionsKey<string> Parameter = new("CredentialProxy.QueryKey");

    /// <summary>Gives a request its key.</summary>
    public static void Give(HttpRequestMessage request, string name, string key) => request.Options.Set(Parameter, $"{name}={Uri.EscapeDataString(key)}");

    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (request.Options.TryGetValue(Parameter, out var parameter))
        {
            var address = request.RequestUri!;
            request.RequestUri = new Uri(address.AbsoluteUri + (address.Query.Length == 0 ? '?' : '&') + parameter);
        }
        return base.SendAsync(request, cancellationToken);
    }
}
