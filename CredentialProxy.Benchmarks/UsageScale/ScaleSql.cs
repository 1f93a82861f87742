using CredentialProxy.Admin.Recording;
using CredentialProxy.Admin.Storage;

namespace CredentialProxy.Benchmarks.UsageScale;

/// <summary>The statements that fill a month, run by the server: records out of numbers and chance, sums out of records. Indexes are built when everything is there.</summary>
internal static class ScaleSql
{
    private static readonly string SumColumns = string.Join(", ", UsageSql.Sums.Select(column => $"\"{column}\""));
    private static readonly string Sums = string.Join(", ", UsageSql.Sums.Select(column => $"sum(\"{column}\")::bigint AS \"{column}\""));

    /// <summary>Writes the records of a month: those of the year's that fall into it, when they are spread evenly.</summary>
    public static string Records(Month month, long rows)
    {
        var (start, length) = (ScaleYear.Start.ToUnixTimeMilliseconds(), (long)(ScaleYear.End - ScaleYear.Start).TotalMilliseconds);
        // Rounding may put the first and the last into a neighbour's time; the condition on it lets them go, and the neighbour takes them.
        var (first, last) = (FirstAt(month.StartMs), FirstAt(month.Next.StartMs));
        return $"""
            DROP TABLE IF EXISTS usage_{month};
            CREATE TABLE usage_{month} (LIKE "usage" INCLUDING DEFAULTS);
            INSERT INTO usage_{month} ("RequestId", "TimeMs", "TokenId", "ProjectId", "CredentialId", "Provider", "Model", "Endpoint", "StatusCode", "InputTokens", "CachedInputTokens", "CacheWriteTokens",
                "OutputTokens", "ReasoningTokens", "CostMicroUsd", "Marks", "DurationMs")
            SELECT 'req_scale' || lpad(to_hex(i), 17, '0'), time, 'tok_' || lpad(number::text, 22, '0'), 'proj_' || lpad((number % {ScaleYear.Projects})::text, 20, '0'),
                'cred_' || lpad((number % {ScaleYear.Providers})::text, 20, '0'), 'provider-' || number % {ScaleYear.Providers}, 'model-' || number % {ScaleYear.Providers} || '-' || floor(random() * {ScaleYear.Models}),
                'chat.completions', 200, 10 + (random() * 50000)::int, (random() * 10000)::int, 0, 1 + (random() * 4000)::int, 0, 1 + (random() * 500000)::int, 0, 100 + (random() * 60000)::int
            FROM (
                SELECT i, time, CASE WHEN i % 2 = 0 THEN floor(random() * {ScaleYear.Tokens})::int
                    ELSE {ScaleYear.Tokens} + ((time - {start}) / 86400000 * {ScaleYear.SessionsADay})::int + floor(random() * {ScaleYear.SessionsADay})::int END AS number
                FROM (SELECT i, {start} + ({length}::numeric * i / {rows})::bigint AS time FROM generate_series({first}, {last}) AS i OFFSET 0) AS times OFFSET 0) AS uses
            WHERE time >= {month.StartMs} AND time < {month.Next.StartMs};
            """;

        long FirstAt(long timeMs) => (long)(((Int128)(timeMs - start) * rows) / length);
    }

    /// <summary>Gives a month of records its indexes and puts it where the product finds it.</summary>
    public static string AttachRecords(Month month) => $"""
        ALTER TABLE usage_{month} ADD PRIMARY KEY ("RequestId", "TimeMs");
        CREATE INDEX ON usage_{month} ("TimeMs");
        CREATE INDEX ON usage_{month} ("TokenId", "TimeMs");
        {Attach("usage", "TimeMs", month)}
        """;

    /// <summary>Sums a month of records by hour, in the order of time, in which the product writes them.</summary>
    public static string Hours(Month month) => $"""
        DROP TABLE IF EXISTS usage_hours_{month};
        CREATE TABLE usage_hours_{month} (LIKE usage_hours INCLUDING DEFAULTS);
        INSERT INTO usage_hours_{month} ("SeriesId", "StartMs", "Requests", {SumColumns})
        SELECT series."Id", start, requests, {SumColumns}
        FROM (SELECT "TokenId", "Model", "TimeMs" / 3600000 * 3600000 AS start, count(*) AS requests, {Sums} FROM usage_{month} GROUP BY 1, 2, 3) AS sums
        JOIN usage_series AS series USING ("TokenId", "Model") ORDER BY start;
        ALTER TABLE usage_hours_{month} ADD PRIMARY KEY ("SeriesId", "StartMs");
        CREATE INDEX ON usage_hours_{month} ("StartMs");
        {Attach("usage_hours", "StartMs", month)}
        """;

    /// <summary>Sums a month by day, out of its hours.</summary>
    public static string Days(Month month) => $"""
        INSERT INTO usage_days ("SeriesId", "StartMs", "Requests", {SumColumns})
        SELECT "SeriesId", "StartMs" / 86400000 * 86400000 AS start, sum("Requests"), {Sums} FROM usage_hours_{month} GROUP BY 1, 2 ORDER BY 2;
        """;

    /// <summary>Sums over tokens, or over projects as well, by hour and by day, out of the finer ones.</summary>
    public static string Coarser(UsageRollUp fine, UsageRollUp coarse) => $"""
        {Coarser(fine, coarse, fine.Days, coarse.Days)}
        {Coarser(fine, coarse, fine.Hours.Table, coarse.Hours.Table)}
        """;

    private static string Coarser(UsageRollUp fine, UsageRollUp coarse, string from, string to) => $"""
        INSERT INTO {to} ("SeriesId", "StartMs", "Requests", {SumColumns})
        SELECT coarse."Id", "StartMs", sum("Requests"), {Sums} FROM {from} JOIN {fine.Series} AS fine ON fine."Id" = "SeriesId"
        JOIN {coarse.Series} AS coarse USING ({string.Join(", ", coarse.Values.Select(column => $"\"{column}\""))}) GROUP BY 1, 2 ORDER BY 2;
        """;

    private static string Attach(string table, string time, Month month) => $"""
        ALTER TABLE {table}_{month} ADD CHECK ("{time}" >= {month.StartMs} AND "{time}" < {month.Next.StartMs});
        ALTER TABLE "{table}" ATTACH PARTITION {table}_{month} FOR VALUES FROM ({month.StartMs}) TO ({month.Next.StartMs});
        """;
}
