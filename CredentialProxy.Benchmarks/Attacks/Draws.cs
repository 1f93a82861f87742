namespace CredentialProxy.Benchmarks.Attacks;

/// <summary>Draws that come out the same for the same seed, on every machine (SplitMix64). Not for use by several threads at once.</summary>
internal sealed class Draws(ulong seed)
{
    private ulong _state = seed;

    /// <summary>Draws of their own, for one of many that draw at the same time.</summary>
    public Draws Fork() => new(Next());

    /// <summary>A whole number from one to another, both included.</summary>
    public int Between(int least, int most) => least + (int)(Next() % (ulong)(most - least + 1));

    public bool Chance(double part) => (Next() >> 11) * (1.0 / (1UL << 53)) < part;

    public T Pick<T>(ReadOnlySpan<T> items) => items[Between(0, items.Length - 1)];

    private ulong Next()
    {
        var mixed = _state += 0x9E3779B97F4A7C15;
        mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9;
        mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB;
        return mixed ^ (mixed >> 31);
    }
}
