namespace CredentialProxy.Core.Pricing;

/// <summary>A price file can't be read or makes no sense; the message says where.</summary>
public sealed class InvalidPriceFileException : Exception
{
    /// <summary>Creates it without a message.</summary>
    public InvalidPriceFileException()
    {
    }

    /// <summary>Creates it with a message.</summary>
    public InvalidPriceFileException(string message)
        : base(message)
    {
    }

    /// <summary>Creates it with a message and a cause.</summary>
    public InvalidPriceFileException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
