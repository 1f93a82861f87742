namespace CredentialProxy.Core.Limits.Redis;

/// <summary>The scripts, one for each thing that is done with accounts, put together from the files beside this one.</summary>
/// <param name="clock">What tells the scripts the time.</param>
internal sealed class RedisScripts(string clock)
{
    /// <summary>As they are used, on Redis' own clock.</summary>
    public static RedisScripts Shared { get; } = new(Load("clock"));

    /// <summary>Enters a holder.</summary>
    public RedisScript Open { get; } = Of(clock, "holders", "open");

    /// <summary>A holder's heartbeat, or its end.</summary>
    public RedisScript Beat { get; } = Of(clock, "holders", "beat");

    /// <summary>Closes leases of a dead holder.</summary>
    public RedisScript Close { get; } = Of(clock, "accounts", "marks", "leases", "close");

    /// <summary>Gives back and leases.</summary>
    public RedisScript Lease { get; } = Of(clock, "accounts", "marks", "leases", "lease");

    /// <summary>Settles.</summary>
    public RedisScript Settle { get; } = Of(clock, "accounts", "marks", "leases", "settle");

    /// <summary>Reads counters.</summary>
    public RedisScript Read { get; } = Of(clock, "accounts", "read");

    /// <summary>Forgets what is spent of a counter.</summary>
    public RedisScript Reset { get; } = Of(clock, "accounts", "marks", "reset");

    /// <summary>Finds out what became of accounts, and begins to rebuild them.</summary>
    public RedisScript Lose { get; } = Of(clock, "lose");

    /// <summary>Says what a gateway holds.</summary>
    public RedisScript Report { get; } = Of(clock, "report");

    /// <summary>Puts back what counters hold.</summary>
    public RedisScript PutBack { get; } = Of(clock, "load");

    /// <summary>Goes on to the next state of rebuilding.</summary>
    public RedisScript Advance { get; } = Of(clock, "advance");

    /// <summary>Frees what nobody holds.</summary>
    public RedisScript Reconcile { get; } = Of(clock, "reconcile");

    /// <summary>Counts a holder as dead that nobody knows.</summary>
    public RedisScript Orphan { get; } = Of(clock, "orphan");

    /// <summary>Looks whether Redis keeps what it has answered.</summary>
    public RedisScript Durability { get; } = Of(clock, "durability");

    /// <summary>Looks how much memory Redis uses.</summary>
    public RedisScript Memory { get; } = Of(clock, "memory");

    private static RedisScript Of(string clock, params string[] names) => new(string.Join('\n', names.Select(Load).Prepend(clock)));

    private static string Load(string name)
    {
        using var stream = typeof(RedisScripts).Assembly.GetManifestResourceStream($"redis.{name}.lua") ?? throw new InvalidOperationException($"{name}.lua is not in the assembly.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
