using System.Collections.Immutable;
using CredentialProxy.Core.Objects;

namespace CredentialProxy.Core.Providers;

/// <summary>A provider of models: where it is, where its key goes, what it offers.</summary>
public sealed class Provider
{
    /// <summary>Lower-case name, unique.</summary>
    public required string Name { get; init; }

    /// <summary>Absolute <c>http</c> or <c>https</c> address that every upstream address begins with, without a slash at its end.</summary>
    public required Uri BaseUrl { get; init; }

    /// <summary>Its APIs, the longest path prefix first.</summary>
    public required ImmutableArray<Surface> Surfaces { get; init; }

    /// <summary>Its endpoints.</summary>
    public required EndpointTable Endpoints { get; init; }

    /// <summary>The kinds of objects that it stores.</summary>
    public ObjectKinds Kinds { get; init; } = ObjectKinds.None;

    /// <summary>What stands before a path that names no version, for example <c>/v1</c>; empty for nothing.</summary>
    public string VersionPrefix { get; init; } = "";

    /// <summary>Headers that pass to it on top of those that pass to every provider; a name ending in <c>*</c> is a prefix.</summary>
    public ImmutableArray<string> RequestHeaders { get; init; } = [];

    /// <summary>Headers that pass from it on top of those that pass from every provider; a name ending in <c>*</c> is a prefix.</summary>
    public ImmutableArray<string> ResponseHeaders { get; init; } = [];

    /// <summary>
    /// Whether the key's slot follows <c>anthropic-version</c>: clients that speak <c>2026-10-21</c> or later send and expect <c>Authorization: Bearer</c>,
    /// older ones <c>x-api-key</c>.
    /// </summary>
    public bool SlotFollowsAnthropicVersion { get; init; }

    /// <summary>Whether its host may lead to a loopback or private address although its name does not say so; see <see cref="AddressReaches.IsWithin"/>.</summary>
    public bool AllowsPrivateAddresses { get; init; }

    /// <summary>Whether it is told the trace that a request belongs to.</summary>
    public bool IsSentTraceContext { get; init; }

    /// <summary>The API that a path belongs to.</summary>
    public Surface SurfaceOf(ReadOnlySpan<char> path)
    {
        foreach (var surface in Surfaces)
        {
            if (path.StartsWith(surface.PathPrefix, StringComparison.Ordinal))
            {
                return surface;
            }
        }
        return Surfaces[^1];
    }
}
