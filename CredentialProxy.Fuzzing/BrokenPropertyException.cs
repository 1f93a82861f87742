namespace CredentialProxy.Fuzzing;

/// <summary>A property does not hold.</summary>
public sealed class BrokenPropertyException : Exception
{
    /// <summary>Makes one without words.</summary>
    public BrokenPropertyException()
    {
    }

    /// <summary>Makes one that says which property, and what was found instead.</summary>
    public BrokenPropertyException(string message)
        : base(message)
    {
    }

    /// <summary>Makes one with what led to it.</summary>
    public BrokenPropertyException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
