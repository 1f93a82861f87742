namespace CredentialProxy.Tests.Rebuilding;

/// <summary>How Redis loses what it was told.</summary>
public enum Loss
{
    /// <summary>Power fails, and its append-only file lacks the end.</summary>
    EndOfFile,

    /// <summary>It dies, and a replica that lagged is promoted.</summary>
    LagOfReplica,

    /// <summary>FLUSHALL.</summary>
    Everything,
}
