namespace CredentialProxy.Admin.Projecting;

/// <summary>What the keeping of the directory logs.</summary>
internal static partial class ProjectionLog
{
    [LoggerMessage(6401, LogLevel.Warning, "The directory in Redis was not there, or had lost something: it was projected anew as {Mark}, {Objects} objects in {Milliseconds} ms")]
    public static partial void Anew(ILogger logger, string mark, int objects, long milliseconds);

    [LoggerMessage(6402, LogLevel.Error, "{Objects} objects of the directory in Redis were not as the database has them, and were repaired. Somebody else writes to it, or changes the database past us")]
    public static partial void Repaired(ILogger logger, int objects);

    [LoggerMessage(6403, LogLevel.Error, "The directory in Redis can't be kept up to date. Gateways go on with what they know, and changes reach them when this ends. {Reason}")]
    public static partial void Failing(ILogger logger, string reason);

    [LoggerMessage(6404, LogLevel.Information, "The directory in Redis is up to date again")]
    public static partial void Works(ILogger logger);

    [LoggerMessage(6405, LogLevel.Debug, "A change is not projected yet; it will be. {Reason}")]
    public static partial void Later(ILogger logger, string reason);

    [LoggerMessage(6406, LogLevel.Error, "A projection failed by a fault of ours; it is tried again")]
    public static partial void Failed(ILogger logger, Exception exception);
}
