using System.Collections.Frozen;
using CredentialProxy.Core.Providers;
using CredentialProxy.Gateway.Cors;
using CredentialProxy.Gateway.Metering;
using CredentialProxy.Gateway.Ownership;
using CredentialProxy.Gateway.Swapping;

namespace CredentialProxy.Gateway.Forwarding;

/// <summary>What every call to a provider shares: addresses, connections, which headers pass, who makes the meters, and who keeps track of what is stored.</summary>
internal sealed class UpstreamTransport(ProviderCatalog catalog, UpstreamAddresses addresses, UpstreamClients clients, AnswerMeterFactory meters, ObjectRecorder recorder, CorsPolicy cors)
{
    private readonly FrozenDictionary<string, (HeaderPolicy Request, HeaderPolicy Response)> _policies = catalog.All.ToFrozenDictionary(
        provider => provider.Name,
        provider => (HeaderPolicy.ForRequests(provider.RequestHeaders), HeaderPolicy.ForResponses(provider.ResponseHeaders)),
        StringComparer.Ordinal);

    public UpstreamAddresses Addresses => addresses;

    public AnswerMeterFactory Meters => meters;

    public ObjectRecorder Recorder => recorder;

    public CorsPolicy Cors => cors;

    public UpstreamCall CallTo(Provider provider) => clients.CallTo(provider);

    public HeaderPolicy RequestHeadersOf(Provider provider) => _policies[provider.Name].Request;

    public HeaderPolicy ResponseHeadersOf(Provider provider) => _policies[provider.Name].Response;
}
