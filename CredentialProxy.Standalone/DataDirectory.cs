using CredentialProxy.ServiceDefaults.Configuration;
using CredentialProxy.ServiceDefaults.Hosting;

namespace CredentialProxy.Standalone;

/// <summary>
/// The directory of the embedded stores. It belongs to its owner alone (mode 0700), and to one process at a time: two would each believe that they alone
/// spend from its accounts.
/// </summary>
internal sealed class DataDirectory : IDisposable
{
    private readonly OwnedDirectory _owned;

    private DataDirectory(OwnedDirectory owned) => _owned = owned;

    /// <summary>Absolute path.</summary>
    public string Path => _owned.Path;

    /// <summary>The database file.</summary>
    public string DatabaseFile => System.IO.Path.Combine(Path, "credential-proxy.db");

    /// <summary>The directory of the key ring that seals credentials; not in the database, whose copy alone then opens nothing.</summary>
    public DirectoryInfo CreateKeyRing()
    {
        var path = System.IO.Path.Combine(Path, "keys");
        return OperatingSystem.IsWindows() ? Directory.CreateDirectory(path) : Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    /// <summary>What a demo run tells scripts.</summary>
    public string DemoFile => System.IO.Path.Combine(Path, "demo.json");

    /// <summary>Opens the directory, creating it where it isn't there.</summary>
    /// <exception cref="StartupException">It can't be written, or another process has it.</exception>
    public static DataDirectory Open(string path) => new(OwnedDirectory.Open(path));

    /// <summary>Writes a file that only its owner may read, in one step: who reads it sees all of it or none.</summary>
    public static async Task WritePrivateAsync(string path, string text, CancellationToken cancellationToken)
    {
        var temporary = path + ".tmp";
        File.Delete(temporary);
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }
        await using (var writer = new StreamWriter(temporary, options))
        {
            await writer.WriteAsync(text.AsMemory(), cancellationToken);
        }
        File.Move(temporary, path, overwrite: true);
    }

    public void Dispose() => _owned.Dispose();
}
