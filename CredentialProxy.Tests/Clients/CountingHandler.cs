namespace CredentialProxy.Tests.Clients;

/// <summary>Counts a client's requests, so that a retry of what can't succeed is seen; and has the mock fail where a test wants it.</summary>
internal sealed class CountingHandler(string? fault = null) : DelegatingHandler(new SocketsHttpHandler { UseProxy = false })
{
    public int Calls { get; private set; }

    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        Calls++;
        if (fault is not null)
        {
            request.Headers.Add("x-mock-fault", fault);
        }
        return base.SendAsync(request, cancellationToken);
    }
}
