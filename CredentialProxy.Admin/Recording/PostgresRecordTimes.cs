using System.Data;
using CredentialProxy.Core.Storage;
using CredentialProxy.Core.Usage;
using Npgsql;

namespace CredentialProxy.Admin.Recording;

/// <summary>
/// Finds the hours that have records out of the sums by hour, which know every combination of filters. An index for each combination would cost every record that is written, and without one a filter
/// that fits few records has all of a year's looked through.
/// </summary>
internal sealed class PostgresRecordTimes(NpgsqlDataSource postgres) : IRecordTimes
{
    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<TimeStretch>> FindAsync(UsageQuery filters, TimeStretch within, int count, CancellationToken cancellationToken)
    {
        if (UsageRollUp.FiltersOf(filters).All(filter => filter.Column == nameof(UsageRow.TokenId)))
        {
            // The order of the list is that of an index, of all records or of a token's.
            return [within];
        }
        var (fromMs, toMs) = (Math.Clamp(within.FromMs, 0, UsageStretches.EndMs), Math.Clamp(within.ToMs, 0, UsageStretches.EndMs));
        var rollUp = UsageRollUp.For(filters with { GroupBy = UsageGrouping.None });
        await using var connection = await postgres.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(IsolationLevel.ReadCommitted, cancellationToken);
        var kept = await UsageKept.HoldAsync(rollUp, connection, cancellationToken);
        // Before it sums or records have been dropped, so that neither tells of the other. What is left there is a record that came late, or months of records that are kept for longer than sums.
        var known = Math.Max(kept.RecordsFromMs, kept.HoursFromMs);
        await using var command = UsageSelect.Hours(filters, rollUp, Math.Max(fromMs, known), toMs, count + 1, connection);
        var stretches = await ReadAsync(command, toMs, count, cancellationToken);
        return fromMs < known ? [.. stretches, new TimeStretch(fromMs, Math.Min(toMs, known))] : stretches;
    }

    // Hours that follow upon each other are one stretch.
    private static async Task<List<TimeStretch>> ReadAsync(NpgsqlCommand command, long toMs, int count, CancellationToken cancellationToken)
    {
        var stretches = new List<TimeStretch>();
        var found = 0L;
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (found < count && await reader.ReadAsync(cancellationToken))
        {
            var (from, to) = (reader.GetInt64(0), reader.GetInt64(0) + UsageStretches.HourMs);
            // Of an hour that ends later than is asked for any number may lie in what is not.
            found += to <= toMs ? reader.GetInt64(1) : 0;
            if (stretches.Count > 0 && stretches[^1].FromMs == to)
            {
                stretches[^1] = stretches[^1] with { FromMs = from };
            }
            else
            {
                stretches.Add(new TimeStretch(from, to));
            }
        }
        return stretches;
    }
}
