using CredentialProxy.Core.Limits.Redis;
using CredentialProxy.Core.Limits.Redis.Journal;

namespace CredentialProxy.Gateway.Hosting;

/// <summary>Settles what a gateway that was killed has left in the data directory, beside serving.</summary>
internal sealed class LeftSettlements(SettlementJournal? journal, RedisQuotaAuthority authority, TimeProvider time, ILogger<SettlementJournal> logger) : BackgroundService
{
    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        journal is null ? Task.CompletedTask : JournalReplay.RunAsync(journal, authority, time, logger, stoppingToken);
}
