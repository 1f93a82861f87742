using CredentialProxy.Core.Limits;

namespace CredentialProxy.Tests.Limits.Ledger;

/// <summary>A process with its ledger.</summary>
internal sealed record Member(ScriptedAuthority Authority, QuotaLedger Ledger, JumpingTime Time);
