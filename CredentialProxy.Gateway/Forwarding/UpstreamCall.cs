namespace CredentialProxy.Gateway.Forwarding;

/// <summary>
/// Sends one request to its provider, and puts in at the last moment what the forwarder must not see or would not let be changed: the key, where the provider takes it in the query, so that whatever
/// handles or logs a request's address before sees it without; and the body, where the forwarder's way of sending it is not ours.
/// </summary>
internal sealed class UpstreamCall(HttpMessageInvoker client, HttpMessageHandler connections) : HttpMessageInvoker(connections, disposeHandler: false)
{
    private string? _queryParameter;

    /// <summary>The body, where it is in memory; null for one that is sent on as it comes, and for none.</summary>
    public HeldContent? Body { get; set; }

    /// <summary>Gives the request the key that its query is to have.</summary>
    public void GiveQueryKey(string name, string key) => _queryParameter = $"{name}={Uri.EscapeDataString(key)}";

    public override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (_queryParameter is { } parameter)
        {
            var address = request.RequestUri!;
            request.RequestUri = new Uri(address.AbsoluteUri + (address.Query.Length == 0 ? '?' : '&') + parameter);
        }
        // Here, for the forwarder wants its own content to be what it sends.
        request.Content = (HttpContent?)Body ?? (request.Content is { } content ? Upload(content) : null);
        return client.SendAsync(request, cancellationToken);
    }

    private static UploadContent Upload(HttpContent content)
    {
        var upload = new UploadContent(content);
        foreach (var (name, values) in content.Headers.NonValidated)
        {
            upload.Headers.TryAddWithoutValidation(name, values);
        }
        return upload;
    }
}
