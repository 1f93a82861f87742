using CredentialProxy.Core.Directories.Redis;
using CredentialProxy.Core.Limits;
using CredentialProxy.Core.Limits.Redis;
using CredentialProxy.Core.Tokens;

namespace CredentialProxy.Gateway.Hosting;

/// <summary>Says whether a gateway of its own can serve: it must know the directory, and not have been without Redis, or without accounts in it, for longer than it may go on without.</summary>
internal sealed class GatewayReadiness(
    RedisDirectory directory, SessionTokenVerifier verifier, RedisQuotaAuthority authority, QuotaLedger ledger, QuotaLedgerOptions options, TimeProvider time) : BackgroundService
{
    /// <summary>Between two looks whether the accounts are entered. While they are, one costs no call.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);

    private volatile bool _hasEntered;
    private long _enteredAt; // volatile: when they were seen to be entered last

    /// <summary>What keeps it from serving; null for nothing.</summary>
    public string? Trouble()
    {
        if (!directory.IsLoaded)
        {
            return directory.Silence > TimeSpan.Zero ? "Redis can't be reached, and the directory has not been read yet" : "there is no directory in Redis yet: the control plane writes it";
        }
        if (!verifier.IsReady)
        {
            return "there is no signing key in the directory: the control plane makes one when it starts";
        }
        if (!_hasEntered)
        {
            return authority.SetupMistake ?? "the accounts in Redis can't be written yet";
        }
        if (time.GetElapsedTime(Volatile.Read(ref _enteredAt)) > options.OutageTolerance + Pause)
        {
            return authority.SetupMistake ?? "the accounts in Redis were lost, and the control plane has not rebuilt them yet";
        }
        return directory.Silence > options.OutageTolerance || ledger.IsRefusing ? "Redis has been away for longer than leases may be spent without it" : null;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Pause, time);
        do
        {
            try
            {
                await authority.OpenAsync(stoppingToken);
                Volatile.Write(ref _enteredAt, time.GetTimestamp());
                _hasEntered = true;
            }
            catch (QuotaAuthorityUnavailableException)
            {
                // The directory's reader says that Redis is away, and the authority that accounts are lost.
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }
}
