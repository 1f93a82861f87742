using CredentialProxy.Core.Usage;

namespace CredentialProxy.Admin.Recording;

/// <summary>A stretch of time, Unix milliseconds, its end exclusive.</summary>
internal readonly record struct TimeStretch(long FromMs, long ToMs);

/// <summary>Tells when the usage records were written that filters fit, so that whoever lists them need not look through all the others.</summary>
internal interface IRecordTimes
{
    /// <summary>Stretches of time that hold the newest records that the filters fit, newest first: as many as were asked for, or all there are. They may hold others as well.</summary>
    /// <param name="filters">The filters, its range and grouping aside.</param>
    /// <param name="within">The range.</param>
    /// <param name="count">How many records.</param>
    /// <param name="cancellationToken">Ends it.</param>
    ValueTask<IReadOnlyList<TimeStretch>> FindAsync(UsageQuery filters, TimeStretch within, int count, CancellationToken cancellationToken);
}

/// <summary>Knows nothing of them: the whole range will do, and the database looks through it.</summary>
internal sealed class AnyTime : IRecordTimes
{
    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<TimeStretch>> FindAsync(UsageQuery filters, TimeStretch within, int count, CancellationToken cancellationToken) =>
        ValueTask.FromResult<IReadOnlyList<TimeStretch>>([within]);
}
