namespace CredentialProxy.Admin.Recording.Streams;

/// <summary>The statements that keep what else comes with usage records. They run in the transaction of the records, while the stage holds those that are new.</summary>
internal static class StreamedSql
{
    /// <summary>Makes the table that charges are copied into.</summary>
    public const string Stage = """
        CREATE TEMPORARY TABLE IF NOT EXISTS staged_charges
            ("Cause" text, "CountsOnce" boolean, "Account" text, "Unit" integer, "Window" integer, "WindowStart" bigint, "Spent" bigint, "Overrun" bigint) ON COMMIT DELETE ROWS
        """;

    /// <summary>Starts the copy.</summary>
    public const string Copy = """COPY staged_charges ("Cause", "CountsOnce", "Account", "Unit", "Window", "WindowStart", "Spent", "Overrun") FROM STDIN (FORMAT BINARY)""";

    /// <summary>
    /// Adds what was charged by requests that are new, and by closed leases that are, to the sums by counter, and takes off what is forgotten. Leases and resets are known again by their names. A reset may be kept
    /// before what it forgets, by another recorder: until that comes the sum is below zero.
    /// </summary>
    public static readonly string SumCounters = $"""
        WITH closed AS (
            INSERT INTO closed_leases ("Id", "Amount", "ClosedAt") SELECT "Cause", "Spent", $1 FROM staged_charges WHERE "CountsOnce" ON CONFLICT DO NOTHING RETURNING "Id"
        )
        INSERT INTO counters AS kept ("Account", "Unit", "Window", "WindowStart", "Spent", "Leased", "Overrun")
        SELECT "Account", "Unit", "Window", "WindowStart", {UsageSql.Capped("sum(\"Spent\")")}, 0, {UsageSql.Capped("sum(\"Overrun\")")} FROM staged_charges
        WHERE CASE WHEN "CountsOnce" THEN "Cause" IN (SELECT "Id" FROM closed) ELSE "Cause" IN (SELECT "RequestId" FROM staged_records) END
        GROUP BY 1, 2, 3, 4
        ON CONFLICT ("Account", "Unit", "Window", "WindowStart") DO UPDATE SET
            "Spent" = {UsageSql.Capped("kept.\"Spent\"::numeric + excluded.\"Spent\"")}, "Overrun" = {UsageSql.Capped("kept.\"Overrun\"::numeric + excluded.\"Overrun\"")}
        """;

    /// <summary>Notes how far gateways have come.</summary>
    public const string KeepMarks = """
        INSERT INTO gateway_marks AS kept ("Instance", "Mark", "SeenAt") SELECT instance, mark, seen FROM unnest($1::text[], $2::bigint[], $3::bigint[]) AS told (instance, mark, seen)
        ON CONFLICT ("Instance") DO UPDATE SET "Mark" = greatest(kept."Mark", excluded."Mark"), "SeenAt" = greatest(kept."SeenAt", excluded."SeenAt")
        """;

    /// <summary>Notes when tokens were last used. A token that was deleted meanwhile stays so, and nothing else of one is touched.</summary>
    public const string KeepUses = """
        UPDATE tokens SET "LastUsedAt" = used.time FROM unnest($1::text[], $2::bigint[]) AS used (id, time)
        WHERE tokens."Id" = used.id AND (tokens."LastUsedAt" IS NULL OR tokens."LastUsedAt" < used.time)
        """;
}
