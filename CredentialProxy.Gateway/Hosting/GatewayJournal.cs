using CredentialProxy.Core.Limits.Redis;
using CredentialProxy.Core.Limits.Redis.Journal;
using CredentialProxy.ServiceDefaults.Configuration;
using CredentialProxy.ServiceDefaults.Hosting;

namespace CredentialProxy.Gateway.Hosting;

/// <summary>The journal of a gateway in a process of its own, where it has a data directory.</summary>
internal static class GatewayJournal
{
    private const string FileName = "settlements.journal";

    /// <summary>Opens it; null where no data directory is set, which the log says.</summary>
    /// <exception cref="StartupException">The directory can't be used, or another process has it.</exception>
    public static SettlementJournal? Open(IConfiguration configuration, RedisQuotaAuthority authority, RedisQuotaOptions options, OwnedParts parts, ILogger<SettlementJournal> logger)
    {
        if (configuration[EnvironmentNames.DataDirectory] is not { Length: > 0 } directory)
        {
            SettlementJournal.SayThatThereIsNone(logger);
            return null;
        }
        var path = Path.Combine(parts.Own(OwnedDirectory.Open(directory)).Path, FileName);
        try
        {
            return parts.Own(SettlementJournal.Open(path, authority, options, logger));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StartupException($"The journal '{path}' can't be used: {e.Message} Set {EnvironmentNames.DataDirectory} to a directory whose files can be read and written.", e);
        }
    }
}
