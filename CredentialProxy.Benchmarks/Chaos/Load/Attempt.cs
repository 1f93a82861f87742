using CredentialProxy.Benchmarks.Chaos.Servers;

namespace CredentialProxy.Benchmarks.Chaos.Load;

/// <summary>One request to one gateway, as its client saw it.</summary>
internal sealed record Attempt
{
    public required LoadedToken Token { get; init; }

    public required string Model { get; init; }

    /// <summary>The gateway that was asked, in the life it was in.</summary>
    public required GatewayLife Life { get; init; }

    /// <summary>Whether the client was to leave, or the provider to break off.</summary>
    public required bool IsSpoiled { get; init; }

    /// <summary>When it began, as <see cref="TimeProvider.GetTimestamp"/> tells it.</summary>
    public required long StartedAt { get; init; }

    /// <summary>When it ended.</summary>
    public long EndedAt { get; set; }

    public AttemptEnd End { get; set; }

    /// <summary>The gateway's status; 0 where none came.</summary>
    public int Status { get; set; }

    /// <summary>The request's id, where it was told.</summary>
    public string? RequestId { get; set; }

    /// <summary>The code of the refusal.</summary>
    public string? Code { get; set; }

    /// <summary>Whether a perfect authority would have had room for it.</summary>
    public bool HadRoom { get; set; }

    /// <summary>Tokens in and out that its answer told of.</summary>
    public (long Input, long Output)? Told { get; set; }
}
