namespace CredentialProxy.ServiceDefaults.Configuration;

/// <summary>The process can't start; the message is the one line that its user sees.</summary>
public sealed class StartupException(string message, Exception? innerException = null) : Exception(message, innerException);
