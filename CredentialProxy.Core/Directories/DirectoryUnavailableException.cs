namespace CredentialProxy.Core.Directories;

/// <summary>Whether a token exists can't be found out at the moment: it may be valid, and must be neither let through nor called unknown.</summary>
public sealed class DirectoryUnavailableException : Exception
{
    /// <summary>Creates it without a message.</summary>
    public DirectoryUnavailableException()
    {
    }

    /// <summary>Creates it with what failed.</summary>
    public DirectoryUnavailableException(string message)
        : base(message)
    {
    }

    /// <summary>Creates it with what failed and why.</summary>
    public DirectoryUnavailableException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
