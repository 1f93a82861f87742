namespace CredentialProxy.Benchmarks.Chaos.Servers;

/// <summary>Counts what processes log of budget that was held by nobody. They put it right themselves, so that nothing else would tell of it.</summary>
internal sealed class PhantomWatch
{
    // By event: a request that did not settle, a lease of nobody, leases of a gateway that nobody knows.
    private static readonly string[] Events = ["[3008]", "[6301]", "[6302]"];

    private int _found; // interlocked

    public int Found => Volatile.Read(ref _found);

    /// <summary>Looks at a line of a log.</summary>
    public void Look(string line)
    {
        if (Events.Any(name => line.Contains(name, StringComparison.Ordinal)))
        {
            Interlocked.Increment(ref _found);
            Console.WriteLine(line);
        }
    }
}
