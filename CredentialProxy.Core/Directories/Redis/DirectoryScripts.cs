using CredentialProxy.Core.Limits.Redis;

namespace CredentialProxy.Core.Directories.Redis;

/// <summary>The scripts on the directory, from the files beside this one.</summary>
internal static class DirectoryScripts
{
    /// <summary>Writes objects.</summary>
    public static RedisScript Project { get; } = Load("project");

    /// <summary>Reads what has changed.</summary>
    public static RedisScript Changes { get; } = Load("changes");

    /// <summary>Finds tokens.</summary>
    public static RedisScript Find { get; } = Load("find");

    private static RedisScript Load(string name)
    {
        using var stream = typeof(DirectoryScripts).Assembly.GetManifestResourceStream($"directory.{name}.lua") ?? throw new InvalidOperationException($"{name}.lua is not in the assembly.");
        using var reader = new StreamReader(stream);
        return new RedisScript(reader.ReadToEnd());
    }
}
