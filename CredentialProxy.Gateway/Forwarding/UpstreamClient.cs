namespace CredentialProxy.Gateway.Forwarding;

/// <summary>
/// Sends requests to one provider, and puts in at the last moment what the forwarder must not see: the key, where the provider takes it in the query, so that whatever handles or logs a
/// request's address before sees it without; and what sends an upload on as it comes.
/// </summary>
internal sealed class UpstreamClient(SocketsHttpHandler connections, bool takesKeyInQuery) : HttpMessageInvoker(connections, disposeHandler: true)
{
    private static readonly HttpRequestOptionsKey<string> Parameter = new("CredentialProxy.QueryKey");
    private static readonly HttpRequestOptionsKey<bool> IsUpload = new("CredentialProxy.IsUpload");

    /// <summary>Gives a request the key that its query is to have.</summary>
    public static void GiveQueryKey(HttpRequestMessage request, string name, string key) => request.Options.Set(Parameter, $"{name}={Uri.EscapeDataString(key)}");

    /// <summary>Has a request's body sent on as it comes.</summary>
    public static void SendAsItComes(HttpRequestMessage request) => request.Options.Set(IsUpload, true);

    public override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (takesKeyInQuery && request.Options.TryGetValue(Parameter, out var parameter))
        {
            var address = request.RequestUri!;
            request.RequestUri = new Uri(address.AbsoluteUri + (address.Query.Length == 0 ? '?' : '&') + parameter);
        }
        if (request.Content is { } content && request.Options.TryGetValue(IsUpload, out _))
        {
            // Here, for the forwarder wants its own content to be what it sends.
            request.Content = new UploadContent(content);
        }
        return base.SendAsync(request, cancellationToken);
    }
}
