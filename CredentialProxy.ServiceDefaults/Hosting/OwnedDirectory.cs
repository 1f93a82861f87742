using CredentialProxy.ServiceDefaults.Configuration;

namespace CredentialProxy.ServiceDefaults.Hosting;

/// <summary>The data directory of a process: for its owner alone (mode 0700), and for one process at a time.</summary>
public sealed class OwnedDirectory : IDisposable
{
    private readonly FileStream _lock;

    private OwnedDirectory(string path, FileStream lockFile) => (Path, _lock) = (path, lockFile);

    /// <summary>Absolute path.</summary>
    public string Path { get; }

    /// <summary>Opens the directory, creating it where it isn't there.</summary>
    /// <exception cref="StartupException">It can't be written, or another process has it.</exception>
    public static OwnedDirectory Open(string path)
    {
        path = System.IO.Path.GetFullPath(path);
        try
        {
            Directory.CreateDirectory(path);
            if (!OperatingSystem.IsWindows())
            {
                File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StartupException($"The data directory '{path}' can't be used: {e.Message} Set {EnvironmentNames.DataDirectory} to a directory that can be written.", e);
        }
        var lockPath = System.IO.Path.Combine(path, "lock");
        try
        {
            return new OwnedDirectory(path, new FileStream(lockPath, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
        }
        catch (IOException e)
        {
            throw new StartupException($"Another CredentialProxy is using the data directory '{path}'. Stop it, or set {EnvironmentNames.DataDirectory} to another directory.", e);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new StartupException($"The data directory '{path}' can't be written. Set {EnvironmentNames.DataDirectory} to a directory that can.", e);
        }
    }

    /// <summary>Lets others have it.</summary>
    public void Dispose() => _lock.Dispose();
}
