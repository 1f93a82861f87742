namespace CredentialProxy.Benchmarks.Chaos.Load;

/// <summary>A token's or a project's one limit, and what of it must be kept back for its requests by whoever knows of all of them at once.</summary>
/// <param name="name">Its name in the accounts.</param>
/// <param name="unit">The unit, as <see cref="Attacks.Overspend.UnitAmounts"/> has it.</param>
/// <param name="limit">The limit, dollars as micro-dollars.</param>
internal sealed class LimitedAccount(string name, string unit, long limit)
{
    private long _held; // interlocked

    public string Name => name;

    public string Unit => unit;

    public long Limit => limit;

    /// <summary>Sets something aside; false where a perfect authority, too, would have had to refuse it.</summary>
    public bool Hold(long amount) => Interlocked.Add(ref _held, amount) <= limit;

    /// <summary>Gives something back.</summary>
    public void Return(long amount) => Interlocked.Add(ref _held, -amount);
}
