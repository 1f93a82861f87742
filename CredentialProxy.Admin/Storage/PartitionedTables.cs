using Microsoft.EntityFrameworkCore.Migrations;

namespace CredentialProxy.Admin.Storage;

/// <summary>Makes tables partitioned, in migrations, which have no word for it.</summary>
internal static class PartitionedTables
{
    /// <summary>
    /// Puts a partitioned table of the same columns and key in the place of one that was created just now and has no index yet. Postgres can't turn one into the other.
    /// </summary>
    public static void PartitionByTime(this MigrationBuilder migration, string table, string firstKey, string time) => migration.Sql($"""
        CREATE TABLE "{table}_partitioned" (LIKE "{table}" INCLUDING DEFAULTS) PARTITION BY RANGE ("{time}");
        DROP TABLE "{table}";
        ALTER TABLE "{table}_partitioned" RENAME TO "{table}";
        ALTER TABLE "{table}" ADD CONSTRAINT "PK_{table}" PRIMARY KEY ("{firstKey}", "{time}");
        """);
}
