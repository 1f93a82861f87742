namespace CredentialProxy.Core.Storage;

/// <summary>An <c>Idempotency-Key</c> that somebody has made something under, remembered for a while so that the same call makes no second one.</summary>
public sealed class RepeatRow
{
    /// <summary>SHA-256 of caller, resource and key, lower-case hexadecimal.</summary>
    public required string Key { get; set; }

    /// <summary>Who made it; see <see cref="AuditRow.Actor"/>.</summary>
    public required string Actor { get; set; }

    /// <summary>SHA-256 of what was asked for, lower-case hexadecimal.</summary>
    public required string RequestHash { get; set; }

    /// <summary>Id of what was made.</summary>
    public required string ObjectId { get; set; }

    /// <summary>When it is forgotten.</summary>
    public required DateTimeOffset ExpiresAt { get; set; }
}
