namespace CredentialProxy.Admin.Recording;

/// <summary>The statements that write usage. All of a batch run in one transaction, on what was staged.</summary>
internal static class UsageSql
{
    private const string RecordColumns = """
        "RequestId", "TimeMs", "TokenId", "ProjectId", "CredentialId", "Provider", "Model", "Endpoint", "StatusCode", "InputTokens", "CachedInputTokens", "CacheWriteTokens", "OutputTokens",
        "ReasoningTokens", "CostMicroUsd", "Marks", "DurationMs", "TraceId"
        """;

    /// <summary>Columns of sums, but for the number of requests.</summary>
    public static readonly string[] Sums = ["InputTokens", "CachedInputTokens", "CacheWriteTokens", "OutputTokens", "ReasoningTokens", "CostMicroUsd"];

    /// <summary>
    /// Makes the table that a batch is copied into. It lasts as long as the connection, and is empty at the begin of a transaction. Behind a pooler a connection outlives us: whoever changes the columns
    /// changes the name, or finds the old ones.
    /// </summary>
    public const string Stage = """CREATE TEMPORARY TABLE IF NOT EXISTS staged_records (LIKE "usage", "SeriesHash" uuid NOT NULL, "TokenSeriesHash" uuid NOT NULL, "ProjectSeriesHash" uuid NOT NULL, "ModelSeriesHash" uuid NOT NULL) ON COMMIT DELETE ROWS""";

    /// <summary>Starts the copy.</summary>
    public const string Copy = $"COPY staged_records ({StagedUsage.Columns}) FROM STDIN (FORMAT BINARY)";

    /// <summary>
    /// Takes out of the stage what is kept already, at so many milliseconds' distance at most. A look into the index for each, in the partitions only in which it could be: joined, the server may read all the
    /// records of the time that a batch spans.
    /// </summary>
    public const string RemoveKnown = """
        DELETE FROM staged_records AS staged WHERE (
            SELECT true FROM "usage" AS kept WHERE kept."RequestId" = staged."RequestId" AND kept."TimeMs" BETWEEN staged."TimeMs" - $1 AND staged."TimeMs" + $1 LIMIT 1)
        """;

    /// <summary>Keeps the records.</summary>
    public const string KeepRecords = $"INSERT INTO \"usage\" ({RecordColumns}) SELECT {RecordColumns} FROM staged_records";

    /// <summary>Adds what is kept to the sums, of every roll-up by hour and by day.</summary>
    public static readonly IReadOnlyList<string> Sum =
    [
        .. UsageRollUp.All.SelectMany(rollUp => new[]
        {
            KeepSeries(rollUp), Add(rollUp, rollUp.Hours.Table, UsageStretches.HourMs), Add(rollUp, rollUp.Days, UsageStretches.DayMs),
        }),
    ];

    /// <summary>A sum as the column takes it. What providers report must not make a sum fail, so it stops at the largest number.</summary>
    public static string Capped(string sum) => $"least({sum}, {long.MaxValue})::bigint";

    // Numbers the series that are new. It asks first: a conflict would use a number up, for every series of every batch.
    private static string KeepSeries(UsageRollUp rollUp)
    {
        var (staged, values) = ($"\"{rollUp.StagedHash}\"", string.Join(", ", rollUp.Values.Select(column => $"\"{column}\"")));
        return $"""
            INSERT INTO {rollUp.Series} ("Hash", {values}) SELECT DISTINCT ON ({staged}) {staged}, {values} FROM staged_records AS staged
            WHERE NOT EXISTS (SELECT FROM {rollUp.Series} WHERE "Hash" = staged.{staged})
            """;
    }

    private static string Add(UsageRollUp rollUp, string table, long stretchMs) => $"""
        INSERT INTO {table} AS kept ("SeriesId", "StartMs", "Requests", {List(column => $"\"{column}\"")})
        SELECT series."Id", "TimeMs" / {stretchMs} * {stretchMs}, count(*), {List(column => Capped($"sum(\"{column}\")"))}
        FROM staged_records JOIN {rollUp.Series} AS series ON series."Hash" = "{rollUp.StagedHash}" GROUP BY 1, 2
        ON CONFLICT ("SeriesId", "StartMs") DO UPDATE SET "Requests" = kept."Requests" + excluded."Requests",
            {List(column => $"\"{column}\" = {Capped($"kept.\"{column}\"::numeric + excluded.\"{column}\"")}")}
        """;

    private static string List(Func<string, string> write) => string.Join(", ", Sums.Select(write));
}
