namespace CredentialProxy.Benchmarks.Chaos.Load;

/// <summary>How an attempt ended for its client.</summary>
internal enum AttemptEnd
{
    /// <summary>It got its whole answer.</summary>
    Whole,

    /// <summary>The gateway refused it.</summary>
    Refused,

    /// <summary>The connection, or the answer, broke off.</summary>
    Broken,

    /// <summary>The client left.</summary>
    Left,

    /// <summary>There was no gateway to connect to.</summary>
    Unreachable,
}
