namespace CredentialProxy.Gateway.Forwarding;

/// <summary>
/// Sends requests to one provider. Where that takes its key in the query, the key is put in here, at the last moment: whatever handles or logs a request's address before, the forwarder
/// among it, sees an address without the key.
/// </summary>
internal sealed class UpstreamClient(SocketsHttpHandler connections, bool takesKeyInQuery) : HttpMessageInvoker(connections, disposeHandler: true)
{
    private static readonly HttpRequestOptionsKey<string> Parameter = new("CredentialProxy.QueryKey");

    /// <summary>Gives a request the key that its query is to have.</summary>
    public static void GiveQueryKey(HttpRequestMessage request, string name, string key) => request.Options.Set(Parameter, $"{name}={Uri.EscapeDataString(key)}");

    public override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (takesKeyInQuery && request.Options.TryGetValue(Parameter, out var parameter))
        {
            var address = request.RequestUri!;
            request.RequestUri = new Uri(address.AbsoluteUri + (address.Query.Length == 0 ? '?' : '&') + parameter);
        }
        return base.SendAsync(request, cancellationToken);
    }
}
