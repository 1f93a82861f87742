using System.Collections.Immutable;
using System.Net;

namespace CredentialProxy.Core.Grants;

/// <summary>What a token may reach. An empty list sets no bound of that sort.</summary>
public sealed class Scope
{
    private const int MaxOriginLength = 256;
    internal const string TunedPrefix = "ft:";

    /// <summary>A scope without bounds.</summary>
    public static Scope Unbounded { get; } = new();

    /// <summary>Names of the providers, lower case.</summary>
    public ImmutableArray<string> Providers { get; init; } = [];

    /// <summary>The models, with wildcards.</summary>
    public ImmutableArray<ModelPattern> Models { get; init; } = [];

    /// <summary>The endpoints.</summary>
    public ImmutableArray<EndpointRule> Endpoints { get; init; } = [];

    /// <summary>The networks that a client's address must lie in.</summary>
    public ImmutableArray<IPNetwork> Cidrs { get; init; } = [];

    /// <summary>The browser origins, as serialised in an <c>Origin</c> header (RFC 6454 §6.1), or <c>*</c> for any.</summary>
    public ImmutableArray<string> Origins { get; init; } = [];

    /// <summary>What it may do beyond plain generation.</summary>
    public Features Features { get; init; }

    /// <summary>Whether the provider may be used.</summary>
    public bool AllowsProvider(string provider) => Providers.IsEmpty || Providers.Contains(provider);

    /// <summary>Whether the model may be used. Where models are listed, a request that names none is not allowed.</summary>
    public bool AllowsModel(string model)
    {
        if (Models.IsEmpty)
        {
            return true;
        }
        foreach (var pattern in Models)
        {
            if (model.Length > 0 && pattern.Matches(model))
            {
                return true;
            }
        }
        return false;
    }

    /// <summary>
    /// Whether the model is one that everybody may use, or one that was trained for somebody and that the scope names as such: whose it is can't be told from its name
    /// (<c>ft:gpt-4o-mini:team::id</c>), and an account's models are all to be had by the same key.
    /// </summary>
    public bool AllowsTuned(string model)
    {
        if (!model.StartsWith(TunedPrefix, StringComparison.OrdinalIgnoreCase))
        {
            return true;
        }
        foreach (var pattern in Models)
        {
            if (pattern.Text.StartsWith(TunedPrefix, StringComparison.Ordinal) && pattern.Matches(model))
            {
                return true;
            }
        }
        return false;
    }

    /// <summary>Whether the endpoint may be called; the path is the one that is sent upstream, without query.</summary>
    public bool AllowsEndpoint(string method, ReadOnlySpan<char> path)
    {
        if (Endpoints.IsEmpty)
        {
            return true;
        }
        foreach (var rule in Endpoints)
        {
            if (rule.Matches(method, path))
            {
                return true;
            }
        }
        return false;
    }

    /// <summary>Whether a client at this address may use the token; an address that is not known is not allowed where networks are listed.</summary>
    public bool AllowsAddress(IPAddress? address)
    {
        if (Cidrs.IsEmpty)
        {
            return true;
        }
        if (address is null)
        {
            return false;
        }
        var plain = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        foreach (var network in Cidrs)
        {
            if (network.Contains(plain))
            {
                return true;
            }
        }
        return false;
    }

    /// <summary>Whether a page of this origin may use the token. A request without an origin does not come from a page and is not bound by the list.</summary>
    public bool AllowsOrigin(string origin) => Origins.IsEmpty || Origins.Contains(origin, StringComparer.OrdinalIgnoreCase) || Origins.Contains("*");

    /// <summary>Whether a text is an origin as browsers write it: scheme, host and port, and nothing after them.</summary>
    public static bool IsOrigin(string text) =>
        text.Length <= MaxOriginLength && Uri.TryCreate(text, UriKind.Absolute, out var origin)
        && origin.GetLeftPart(UriPartial.Authority).Equals(text, StringComparison.OrdinalIgnoreCase);
}
