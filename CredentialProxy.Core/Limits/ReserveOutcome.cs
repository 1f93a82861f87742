namespace CredentialProxy.Core.Limits;

/// <summary>The answer to a wish to reserve: a reservation, or what it lacks, or that the accounts can't be written at present.</summary>
public readonly struct ReserveOutcome
{
    internal ReserveOutcome(Reservation reservation) => Reservation = reservation;

    internal ReserveOutcome(LimitShortage shortage) => Shortage = shortage;

    private ReserveOutcome(bool isUnavailable) => IsUnavailable = isUnavailable;

    /// <summary>What is held; null when nothing is.</summary>
    public Reservation? Reservation { get; }

    /// <summary>The limit that the request does not fit in.</summary>
    public LimitShortage? Shortage { get; }

    /// <summary>The accounts can't be written or too much waits to be; nothing is let through.</summary>
    public bool IsUnavailable { get; }

    internal static ReserveOutcome Unavailable => new(isUnavailable: true);
}
