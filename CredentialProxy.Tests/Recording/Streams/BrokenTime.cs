namespace CredentialProxy.Tests.Recording.Streams;

/// <summary>The system's clock, which may break in a way that nobody would think of.</summary>
internal sealed class BrokenTime : TimeProvider
{
    private volatile bool _isBroken;

    public bool IsBroken
    {
        get => _isBroken;
        set => _isBroken = value;
    }

    public override DateTimeOffset GetUtcNow() => IsBroken ? throw new InvalidTimeZoneException("scripted") : base.GetUtcNow();
}
