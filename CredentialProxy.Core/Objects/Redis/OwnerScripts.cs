using CredentialProxy.Core.Limits.Redis;

namespace CredentialProxy.Core.Objects.Redis;

/// <summary>The scripts that owners of objects have of their own. Those that notice a loss and go on from state to state are shared with accounts.</summary>
internal static class OwnerScripts
{
    /// <summary>Notes and forgets owners.</summary>
    public static RedisScript Change { get; } = Load("change");

    /// <summary>Removes what owners that were lost had left.</summary>
    public static RedisScript Clear { get; } = Load("clear");

    /// <summary>Puts back owners that were lost.</summary>
    public static RedisScript Restore { get; } = Load("restore");

    private static RedisScript Load(string name)
    {
        using var stream = typeof(OwnerScripts).Assembly.GetManifestResourceStream($"objects.{name}.lua") ?? throw new InvalidOperationException($"{name}.lua is not in the assembly.");
        using var reader = new StreamReader(stream);
        return new RedisScript(reader.ReadToEnd());
    }
}
