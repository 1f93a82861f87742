using System.Diagnostics.Metrics;
using CredentialProxy.Admin.Storage;

namespace CredentialProxy.Admin.Reconciling;

/// <summary>Now and then frees what is leased and held by no gateway. There should be none: what it finds is counted and logged, for somebody to look into.</summary>
internal sealed partial class LeaseReconciler : BackgroundService
{
    private readonly PhantomLeases _phantoms;
    private readonly ReconcilingOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger<LeaseReconciler> _logger;
    private readonly Counter<long> _freed;

    public LeaseReconciler(PhantomLeases phantoms, ReconcilingOptions options, IMeterFactory meters, TimeProvider time, ILogger<LeaseReconciler> logger)
    {
        (_phantoms, _options, _time, _logger) = (phantoms, options, time, logger);
        _freed = meters.Create("CredentialProxy.Reconciling").CreateCounter<long>("credential_proxy.phantom_leases", "{lease}", "What was leased in Redis and held by no gateway, and was freed or closed.");
        // What has not happened yet is 0, so that an alarm sees the first time.
        _freed.Add(0);
    }

    /// <summary>Looks once.</summary>
    public async Task<Phantoms> LookAsync()
    {
        var found = await _phantoms.FreeAsync();
        foreach (var (counter, amount) in found.Freed)
        {
            Log.Freed(_logger, amount, counter);
        }
        foreach (var holder in found.Orphans)
        {
            Log.Closed(_logger, holder);
        }
        _freed.Add(found.Freed.Count + found.Orphans.Count);
        return found;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(_options.Interval, _time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await LookAsync();
            }
            catch (Exception e) when (Outages.IsOne(e))
            {
                Log.Failed(_logger, e.Message);
            }
#pragma warning disable CA1031 // The next look may find what this one did not.
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
#pragma warning restore CA1031
            {
                Log.Fault(_logger, e);
            }
        }
    }

    private static partial class Log
    {
        [LoggerMessage(6301, LogLevel.Error, "Freed {Amount} that were leased of {Counter} and held by no gateway; this should not happen")]
        public static partial void Freed(ILogger logger, long amount, string counter);

        [LoggerMessage(6302, LogLevel.Error, "{Holder} had leases and was neither alive nor known to be dead; they are closed as spent. This should not happen")]
        public static partial void Closed(ILogger logger, string holder);

        [LoggerMessage(6304, LogLevel.Error, "Looking for leases of nobody failed by a fault of ours; it is tried again")]
        public static partial void Fault(ILogger logger, Exception exception);

        [LoggerMessage(6303, LogLevel.Warning, "What is leased can't be held against what gateways hold at present: {Reason}")]
        public static partial void Failed(ILogger logger, string reason);
    }
}
