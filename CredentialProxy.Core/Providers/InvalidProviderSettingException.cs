namespace CredentialProxy.Core.Providers;

/// <summary>A provider's setting is missing or wrong; the message names the setting and says what is allowed.</summary>
public sealed class InvalidProviderSettingException : Exception
{
    /// <summary>Creates it without a message.</summary>
    public InvalidProviderSettingException()
    {
    }

    /// <summary>Creates it with a message.</summary>
    public InvalidProviderSettingException(string message)
        : base(message)
    {
    }

    /// <summary>Creates it with a message and a cause.</summary>
    public InvalidProviderSettingException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    /// <summary>Creates it for a setting.</summary>
    /// <param name="setting">The setting's name.</param>
    /// <param name="allowed">What is allowed.</param>
    public InvalidProviderSettingException(string setting, string allowed)
        : base($"The setting {setting} is not valid: {allowed}.")
    {
    }
}
