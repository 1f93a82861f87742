using CredentialProxy.Admin.Keeping;

namespace CredentialProxy.Admin;

/// <summary>Settings of the control plane.</summary>
public sealed class AdminOptions
{
    /// <summary>Shortest admin key, in characters.</summary>
    public const int MinKeyLength = 12;

    /// <summary>Longest admin key, in characters.</summary>
    public const int MaxKeyLength = 512;

    /// <summary>Most calls of a provider's own tools that a request without a bound may make.</summary>
    public const int MostHostedToolCalls = 100;

    /// <summary>The gateways' <c>HostedToolCalls</c>, so that quotes reckon as they do.</summary>
    public int HostedToolCalls { get; init; } = 5;

    /// <summary>SHA-256 of the admin key.</summary>
    public required ReadOnlyMemory<byte> AdminKeyHash { get; init; }

    /// <summary>How long what is over is kept.</summary>
    public KeepingOptions Keeping { get; init; } = new();
}
