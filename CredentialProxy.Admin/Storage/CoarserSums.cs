using Microsoft.EntityFrameworkCore.Migrations;

namespace CredentialProxy.Admin.Storage;

/// <summary>Makes coarser sums of usage out of those that there are, in a migration. The records would not do: sums outlive them.</summary>
internal static class CoarserSums
{
    private static readonly string[] Sums = ["InputTokens", "CachedInputTokens", "CacheWriteTokens", "OutputTokens", "ReasoningTokens", "CostMicroUsd"];

    // Records have their project as null, which equals nothing, when they have none.
    private const string Project = "coalesce('=' || {0}.\"ProjectId\", '')";

    private static readonly string SameModel = """fine."CredentialId" = coarse."CredentialId" AND fine."Provider" = coarse."Provider" AND fine."Model" = coarse."Model" """;
    private static readonly string SameProject = $"{Of("fine")} = {Of("coarse")} AND {SameModel}";
    private static readonly string SameToken = $"""fine."TokenId" = coarse."TokenId" AND {Of("fine")} = {Of("coarse")}""";

    /// <summary>Keeps writers away until the migration is through, whatever version they are of, and who drops what is old.</summary>
    public static void KeepWritersOut(this MigrationBuilder migration) => migration.Sql($"""
        SELECT pg_advisory_xact_lock({AdvisoryLocks.Partitions.Number}), pg_advisory_xact_lock({AdvisoryLocks.Usage.Number});
        """);

    /// <summary>Fills the tables that tell tokens alone apart, those that tell tokens apart no longer, and of these those that tell projects apart no longer.</summary>
    public static void FillCoarserSums(this MigrationBuilder migration)
    {
        migration.Sql(HashFunction);
        migration.Sql($"""
            SET LOCAL work_mem = '128MB';
            INSERT INTO usage_token_series ("Hash", "TokenId", "ProjectId")
            SELECT pg_temp.series_hash(convert_to("TokenId", 'UTF8') || '\x00'::bytea || convert_to({Of("fine")}, 'UTF8')), "TokenId", "ProjectId"
            FROM (SELECT DISTINCT "TokenId", "ProjectId" FROM usage_series) AS fine;
            INSERT INTO usage_project_series ("Hash", "ProjectId", "CredentialId", "Provider", "Model")
            SELECT {HashOf($"""convert_to({Of("fine")}, 'UTF8') || '\x00'::bytea ||""")}, "ProjectId", "CredentialId", "Provider", "Model"
            FROM (SELECT DISTINCT "ProjectId", "CredentialId", "Provider", "Model" FROM usage_series) AS fine;
            INSERT INTO usage_model_series ("Hash", "CredentialId", "Provider", "Model")
            SELECT {HashOf("")}, "CredentialId", "Provider", "Model" FROM (SELECT DISTINCT "CredentialId", "Provider", "Model" FROM usage_project_series) AS fine;
            ANALYZE usage_token_series, usage_project_series, usage_model_series;
            {Add("usage_days", "usage_token_days", "usage_series", "usage_token_series", SameToken)}
            {Add("usage_days", "usage_project_days", "usage_series", "usage_project_series", SameProject)}
            {Add("usage_project_days", "usage_model_days", "usage_project_series", "usage_model_series", SameModel)}
            """);
        FillHours(migration, "usage_hours", "usage_token_hours", "usage_series", "usage_token_series", SameToken);
        FillHours(migration, "usage_hours", "usage_project_hours", "usage_series", "usage_project_series", SameProject);
        FillHours(migration, "usage_project_hours", "usage_model_hours", "usage_project_series", "usage_model_series", SameModel);
        migration.Sql("ANALYZE usage_token_days, usage_token_hours, usage_project_days, usage_project_hours, usage_model_days, usage_model_hours;");
    }

    // Month by month, so that what is grouped stays in memory. What was dropped of the finer sums is missing in the coarser ones as well.
    private static void FillHours(MigrationBuilder migration, string from, string to, string fine, string coarse, string same) => migration.Sql($"""
        DO $$
        DECLARE part record;
        BEGIN
            FOR part IN SELECT relname AS old, '{to}' || substr(relname, {from.Length + 1}) AS new, pg_get_expr(relpartbound, pg_class.oid) AS bounds
                FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid WHERE inhparent = '{from}'::regclass
            LOOP
                EXECUTE format('CREATE TABLE %I PARTITION OF {to} %s', part.new, part.bounds);
                EXECUTE format($add${Add("%I", "%I", fine, coarse, same)}$add$, part.new, part.old);
            END LOOP;
        END $$;
        INSERT INTO settings ("Name", "Value") SELECT '{to}-kept-from', "Value" FROM settings WHERE "Name" = '{from}-kept-from'
        ON CONFLICT ("Name") DO UPDATE SET "Value" = excluded."Value";
        """);

    private static string Add(string from, string to, string fine, string coarse, string same) => $"""
        INSERT INTO {to} ("SeriesId", "StartMs", "Requests", {string.Join(", ", Sums.Select(column => $"\"{column}\""))})
        SELECT coarse."Id", "StartMs", sum("Requests")::bigint, {string.Join(", ", Sums.Select(column => $"least(sum(\"{column}\"), {long.MaxValue})::bigint"))}
        FROM {from} JOIN {fine} AS fine ON fine."Id" = "SeriesId" JOIN {coarse} AS coarse ON {same} GROUP BY 1, 2 ORDER BY 2;
        """;

    private static string Of(string series) => Project.Replace("{0}", series, StringComparison.Ordinal);

    private static string HashOf(string before) => $"""
        pg_temp.series_hash({before} convert_to("CredentialId", 'UTF8') || '\x00'::bytea || convert_to("Provider", 'UTF8') || '\x00'::bytea || convert_to("Model", 'UTF8'))
        """;

    // As the writer of usage hashes: the first half of SHA-256, whose first three parts .NET reads with their last byte first.
    private const string HashFunction = """
        CREATE FUNCTION pg_temp.series_hash(series bytea) RETURNS uuid LANGUAGE sql AS $$
            SELECT (substr(hex, 7, 2) || substr(hex, 5, 2) || substr(hex, 3, 2) || substr(hex, 1, 2) || substr(hex, 11, 2) || substr(hex, 9, 2) || substr(hex, 15, 2) || substr(hex, 13, 2)
                || substr(hex, 17, 16))::uuid FROM encode(sha256(series), 'hex') AS hex
        $$;
        """;
}
