using System.Collections.Immutable;
using System.Text;
using CredentialProxy.Core.Directories;
using CredentialProxy.Core.Grants;
using CredentialProxy.Core.Judging;
using CredentialProxy.Core.Limits;
using CredentialProxy.Core.Pricing;
using CredentialProxy.Core.Providers;
using CredentialProxy.Core.Routing;
using CredentialProxy.Gateway;
using CredentialProxy.Gateway.Admitting;
using CredentialProxy.Gateway.Authentication;
using CredentialProxy.Gateway.Inspection;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;

namespace CredentialProxy.Tests.Reserving;

/// <summary>A request as far as the gateway takes it before it reserves: routed, its token known, its body read and held to what the token may do.</summary>
internal sealed record Inspected(ProxyRequest Request, Refusal? Refusal, byte[] Body) : IDisposable
{
    public static PriceTable Prices { get; } = PriceTable.Load(new PricingOptions());

    private static EmbeddedDirectory Directory { get; } = new(null!, null!, [], Prices, NullLogger<EmbeddedDirectory>.Instance);

    public static GatewayOptions Options { get; } = new();

    /// <summary>The body as it would be sent.</summary>
    public string Sent => Inspection.Bodies.Apply(Request.Edits, new(Body));

    /// <summary>A limit that makes a token, a project or a credential a limited one.</summary>
    public static ImmutableArray<Limit> Budget { get; } = [new Limit(LimitUnit.Usd, 1_000_000, LimitWindow.Lifetime)];

    public static Inspected Of(string provider, string path, string body, Scope? scope = null, bool isLimited = true, string query = "") =>
        Of(provider, path, Encoding.UTF8.GetBytes(body), scope, isLimited, query);

    public static Inspected Of(string provider, string path, byte[] body, Scope? scope = null, bool isLimited = true, string query = "")
    {
        var known = KnownProviders.All.Single(one => one.Name == provider);
        Assert.True(known.Endpoints.TryMatch("POST", path, out var match), path);
        Assert.True(RequestTarget.TryParse(path + query, out var target), query);
        var grant = new Grant
        {
            TokenId = "tok_1",
            Kind = TokenKind.Proxy,
            Scope = scope ?? Scope.Unbounded,
            Accounts = isLimited ? [new AccountLimits(AccountId.Token("tok_1"), Budget)] : [],
        };
        var load = new Load();
        var context = new DefaultHttpContext();
        context.Request.Body = new MemoryStream(body);
        context.Request.ContentLength = body.Length;
        var request = new ProxyRequest(context, "req_1", 0)
        {
            Target = target,
            Route = new Route(known, known.SurfaceOf(path), path, match.Endpoint, match.Model, IsPrefixed: true),
            // The ledger's side of its accounts is not asked for before the reservation.
            Token = new AuthenticatedToken(grant, null!, load),
        };
        request.Admission = new Admission(load, load, Options);
        var bodies = new BodyReader(Options);
        var inspecting = new BodyInspector(bodies, new ManagedBodyInspector(bodies), Directory, Options).InspectAsync(request);
        return new Inspected(request, inspecting.IsCompletedSuccessfully ? inspecting.Result : throw new InvalidOperationException("A body in memory is waited for."), body);
    }

    /// <summary>A scope that grants these features and bounds nothing.</summary>
    public static Scope Granting(Features features) => new() { Features = features };

    public void Dispose() => Request.Dispose();
}
