using CredentialProxy.Core.Directories.Redis;
using CredentialProxy.Core.Limits;
using CredentialProxy.Core.Limits.Redis;
using CredentialProxy.Core.Tokens;

namespace CredentialProxy.Gateway.Hosting;

/// <summary>Says whether a gateway of its own can serve: it must know the directory, have entered the accounts, and not have been without Redis for longer than it may go on without.</summary>
internal sealed class GatewayReadiness(
    RedisDirectory directory, SessionTokenVerifier verifier, RedisQuotaAuthority authority, QuotaLedger ledger, QuotaLedgerOptions options, TimeProvider time) : BackgroundService
{
    /// <summary>Between two attempts to enter the accounts.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);

    private volatile bool _hasEntered;

    /// <summary>What keeps it from serving; null for nothing.</summary>
    public string? Trouble()
    {
        if (!directory.IsLoaded)
        {
            return directory.Silence > TimeSpan.Zero ? "Redis can't be reached, and the directory has not been read yet" : "there is no directory in Redis yet: the control plane writes it";
        }
        if (!verifier.IsReady)
        {
            return "there is no session signing secret: the directory has none that opens, so set CREDENTIAL_PROXY_JWT_SECRET as the control plane has it";
        }
        if (!_hasEntered)
        {
            return authority.SetupMistake ?? "the accounts in Redis can't be written yet";
        }
        return directory.Silence > options.OutageTolerance || ledger.IsRefusing ? "Redis has been away for longer than leases may be spent without it" : null;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!_hasEntered)
        {
            try
            {
                await authority.OpenAsync(stoppingToken);
                _hasEntered = true;
            }
            catch (QuotaAuthorityUnavailableException)
            {
                // The directory's reader says that Redis is away; one line is enough.
                await Task.Delay(Pause, time, stoppingToken);
            }
        }
    }
}
