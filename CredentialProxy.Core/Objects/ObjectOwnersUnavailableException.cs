namespace CredentialProxy.Core.Objects;

/// <summary>Who made what can't be read or written at the moment.</summary>
public sealed class ObjectOwnersUnavailableException : Exception
{
    /// <summary>Creates it without a message.</summary>
    public ObjectOwnersUnavailableException()
    {
    }

    /// <summary>Creates it with a message.</summary>
    public ObjectOwnersUnavailableException(string message)
        : base(message)
    {
    }

    /// <summary>Creates it with a message and a cause.</summary>
    public ObjectOwnersUnavailableException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
