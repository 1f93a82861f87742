namespace CredentialProxy.Core.Storage;

/// <summary>The highest mark of a gateway in what came out of Redis. When Redis has a lower one, it has forgotten something.</summary>
public sealed class GatewayMarkRow
{
    /// <summary>The gateway, as long as its process lives.</summary>
    public required string Instance { get; set; }

    /// <summary>The number of its last call that changed accounts.</summary>
    public long Mark { get; set; }

    /// <summary>When it was last heard of.</summary>
    public required DateTimeOffset SeenAt { get; set; }
}
