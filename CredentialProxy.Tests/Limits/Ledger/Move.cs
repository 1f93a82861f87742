namespace CredentialProxy.Tests.Limits.Ledger;

/// <summary>What may happen to ledgers.</summary>
public enum MoveKind
{
    Reserve,
    Settle,
    Overrun,
    Release,
    Flush,
    Pass,
    Crash,
    Expire,
    Jump,
}

/// <summary>One move in a run; which of ledgers, tokens and open requests it means is counted round.</summary>
public sealed record Move(MoveKind Kind, int Which, int Amount);
