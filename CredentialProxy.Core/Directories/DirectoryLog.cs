using Microsoft.Extensions.Logging;

namespace CredentialProxy.Core.Directories;

/// <summary>What directories log.</summary>
internal static partial class DirectoryLog
{
    [LoggerMessage(1101, LogLevel.Error, "Token {TokenId} can't be read from the store and is refused: {Reason}")]
    public static partial void UnreadableToken(ILogger logger, string tokenId, string reason);

    [LoggerMessage(1102, LogLevel.Error, "Credential {CredentialId} of provider {Provider} can't be used: {Reason}")]
    public static partial void UnusableCredential(ILogger logger, string credentialId, string provider, string reason);

    [LoggerMessage(1103, LogLevel.Error, "Project {ProjectId} can't be read from the store, so that it may spend nothing: {Reason}")]
    public static partial void UnreadableProject(ILogger logger, string projectId, string reason);

    [LoggerMessage(1110, LogLevel.Warning, "The directory in Redis can't be reached. Tokens that are known are served as long as their limits allow, others are told to try again. {Reason}")]
    public static partial void Unreachable(ILogger logger, string reason);

    [LoggerMessage(1111, LogLevel.Warning, "There is no directory in Redis. It is written by the control plane: see that CredentialProxy.Admin runs, on this Redis")]
    public static partial void Missing(ILogger logger);

    [LoggerMessage(1112, LogLevel.Information, "The directory in Redis was read: {Projects} projects, {Credentials} credentials, {Revocations} revocations, {Keys} elements of the key ring, {Prices} prices")]
    public static partial void Loaded(ILogger logger, int projects, int credentials, int revocations, int keys, int prices);

    [LoggerMessage(1113, LogLevel.Information, "The directory in Redis answers again")]
    public static partial void Reached(ILogger logger);

    [LoggerMessage(1114, LogLevel.Error, "Signing key {KeyId} can't be used, so that no session token is taken that it signed: {Reason}")]
    public static partial void UnusableSigningKey(ILogger logger, string keyId, string reason);

    [LoggerMessage(1115, LogLevel.Error, "A message of the directory could not be worked off; everything is read anew")]
    public static partial void Failed(ILogger logger, Exception exception);

    [LoggerMessage(1116, LogLevel.Error, "Stored price {PriceId} can't be read and {Consequence}: {Reason}")]
    public static partial void UnreadablePrice(ILogger logger, string priceId, string consequence, string reason);
}
