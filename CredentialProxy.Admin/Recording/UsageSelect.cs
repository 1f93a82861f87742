using CredentialProxy.Core.Storage;
using CredentialProxy.Core.Usage;
using Npgsql;

namespace CredentialProxy.Admin.Recording;

/// <summary>
/// Writes the one statement that answers a <see cref="UsageQuery"/>: a select for each stretch of time, each summed by series before anything is joined to it, then the sum over all
/// and the sums by group.
/// </summary>
internal sealed class UsageSelect
{
    private const string Requests = "\"Requests\"";

    private readonly NpgsqlCommand _command;
    private readonly UsageQuery _query;
    private readonly UsageRollUp _rollUp;
    private readonly string? _column;
    private readonly string _series;
    private readonly string _records;

    private UsageSelect(UsageQuery query, UsageRollUp rollUp, NpgsqlCommand command)
    {
        (_query, _rollUp, _command) = (query, rollUp, command);
        _column = UsageRollUp.ColumnOf(query.GroupBy) is { } column ? KeyOf(column) : null;
        List<string> filters = [.. UsageRollUp.FiltersOf(query).Select(filter => $"\"{filter.Column}\" = {Parameter(filter.Value)}")];
        _records = string.Concat(filters.Select(filter => " AND " + filter));
        _series = filters.Count == 0 ? "" : $" AND \"SeriesId\" IN (SELECT \"Id\" FROM {rollUp.Series} WHERE {string.Join(" AND ", filters)})";
    }

    /// <summary>Writes the statement, out of a roll-up that knows what is asked. Its first row is the total; the others are the groups, dearest first. Columns: key, requests, then <see cref="UsageSql.Sums"/>.</summary>
    public static void Write(UsageQuery query, UsageRollUp rollUp, UsageKept kept, NpgsqlCommand command) => command.CommandText = new UsageSelect(query, rollUp, command).Text(UsageStretches.Of(
        query.FromMs ?? 0, query.ToMs ?? UsageStretches.EndMs, query.GroupBy == UsageGrouping.Hour, kept));

    /// <summary>A command for the newest hours that have usage which the filters fit: start and number of requests, newest first.</summary>
    public static NpgsqlCommand Hours(UsageQuery query, UsageRollUp rollUp, long fromMs, long toMs, int count, NpgsqlConnection connection)
    {
        var command = new NpgsqlCommand { Connection = connection };
        var select = new UsageSelect(query, rollUp, command);
        command.CommandText = $"""
            SELECT "StartMs", sum({Requests})::bigint FROM {rollUp.Hours.Table}
            WHERE "StartMs" > {select.Parameter(fromMs - UsageStretches.HourMs)} AND "StartMs" < {select.Parameter(toMs)}{select._series}
            GROUP BY 1 ORDER BY 1 DESC LIMIT {select.Parameter((long)count)}
            """;
        return command;
    }

    private string Text(IReadOnlyList<UsageStretch> stretches)
    {
        var parts = stretches.Count == 0 ? [NoRows()] : stretches.Select(OfStretch);
        var text = $"SELECT {Key()}, {Columns(column => UsageSql.Capped($"coalesce(sum({column}), 0)"))} FROM ({string.Join("\nUNION ALL ", parts)}) AS part";
        // The sum over all is made of the groups on the way, which keeps the two equal.
        return _query.GroupBy == UsageGrouping.None
            ? text
            : $"{text} GROUP BY GROUPING SETS ((key), ()) ORDER BY grouping(key) DESC, 8 DESC, 2 DESC, 1 LIMIT {SqliteUsageReader.MostGroups + 1}";
    }

    private string OfStretch(UsageStretch stretch)
    {
        var (from, to) = (Parameter(stretch.FromMs), Parameter(stretch.ToMs));
        return stretch.Source switch
        {
            UsageSource.Days => OfSums(_rollUp.Days, from, to),
            UsageSource.Hours => OfSums(_rollUp.Hours.Table, from, to),
            _ => $"""
                SELECT {_column ?? StartOf("TimeMs")} AS key, {Columns(column => column == Requests ? $"count(*) AS {column}" : Sum(column))}
                FROM "usage" WHERE "TimeMs" >= {from} AND "TimeMs" < {to}{_records} GROUP BY 1
                """,
        };
    }

    private string OfSums(string table, string from, string to)
    {
        var part = $"""FROM {table} WHERE "StartMs" >= {from} AND "StartMs" < {to}{_series}""";
        return _column is { } key
            ? $"""
                SELECT {key} AS key, {Columns(column => column)} FROM (SELECT "SeriesId", {Columns(Sum)} {part} GROUP BY 1) AS sums
                JOIN {_rollUp.Series} ON "Id" = "SeriesId"
                """
            : $"""SELECT {StartOf("StartMs")} AS key, {Columns(Sum)} {part} GROUP BY 1""";
    }

    private string NoRows() => $"SELECT NULL::{(_column is null ? "bigint" : "text")} AS key, {Columns(column => $"0 AS {column}")} WHERE false";

    private static string Sum(string column) => $"sum({column}) AS {column}";

    private static string Columns(Func<string, string> write) => string.Join(", ", UsageSql.Sums.Select(column => $"\"{column}\"").Prepend(Requests).Select(write));

    // None is a group as well.
    private static string KeyOf(string column) => column == nameof(UsageRow.ProjectId) ? $"coalesce(\"{column}\", '')" : $"\"{column}\"";

    private string StartOf(string column) => _query.GroupBy switch
    {
        UsageGrouping.Day => $"\"{column}\" / {UsageStretches.DayMs} * {UsageStretches.DayMs}",
        UsageGrouping.Hour => $"\"{column}\" / {UsageStretches.HourMs} * {UsageStretches.HourMs}",
        _ => "0::bigint",
    };

    // Sorted by bytes, as the embedded store does it, whatever the database's language.
    private string Key() => _query.GroupBy switch
    {
        UsageGrouping.None => "NULL",
        UsageGrouping.Day => "to_char(to_timestamp(key / 1000) AT TIME ZONE 'UTC', 'YYYY-MM-DD')",
        UsageGrouping.Hour => "to_char(to_timestamp(key / 1000) AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:00\"Z\"')",
        _ => "key COLLATE \"C\"",
    };

    private string Parameter(object value)
    {
        _command.Parameters.Add(new NpgsqlParameter { Value = value });
        return $"${_command.Parameters.Count}";
    }
}
