using CredentialProxy.Core.Directories;
using CredentialProxy.Gateway.Connections;
using CredentialProxy.Gateway.Forwarding;
using CredentialProxy.ServiceDefaults.Hosting;
using CredentialProxy.Tests.Reserving;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace CredentialProxy.Tests.Forwarding;

public sealed class OpenRequestsTests
{
    [Fact]
    [Trait("threat", "fault-16")]
    public void A_request_whose_key_was_retired_before_it_could_be_found_ends_at_once()
    {
        var time = new FakeTimeProvider();
        using var draining = new Draining(TimeSpan.Zero);
        using var directory = new EmbeddedDirectory(null!, null!, [], Inspected.Prices, NullLogger<EmbeddedDirectory>.Instance);
        using var requests = new OpenRequests(directory, Inspected.Options, draining, new SlowReaders(new ConnectionOptions(), time), time);

        var (retired, without) = (requests.Enter("tok_1", null, "sig_retired"), requests.Enter("tok_2", null));

        Assert.Equal((EndReason.TokenRevoked, true), (retired.Reason, retired.Token.IsCancellationRequested));
        Assert.Equal((EndReason.None, false), (without.Reason, without.Token.IsCancellationRequested));
        requests.Leave(retired);
        requests.Leave(without);
    }
}
