using System.Data.Common;
using System.Globalization;

namespace CredentialProxy.Tests.Admin;

/// <summary>Everything that databases hold, to be compared.</summary>
internal static class StoredTables
{
    private const string OfSqlite = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name NOT LIKE '\\_\\_%' ESCAPE '\\'";
    private const string OfPostgres = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename NOT LIKE '\\_\\_%'";

    /// <summary>Rows of each table, in an order of their own.</summary>
    public static async Task<SortedDictionary<string, string>> ReadAsync(IEnumerable<DbConnection> databases)
    {
        var tables = new SortedDictionary<string, string>(StringComparer.Ordinal);
        var number = 0;
        foreach (var database in databases)
        {
            await using var connection = database;
            await connection.OpenAsync(TestContext.Current.CancellationToken);
            foreach (var table in await RowsAsync(connection, connection is Microsoft.Data.Sqlite.SqliteConnection ? OfSqlite : OfPostgres))
            {
                tables[$"{number} {table}"] = string.Join('\n', (await RowsAsync(connection, $"SELECT * FROM \"{table}\"")).Order(StringComparer.Ordinal));
            }
            number++;
        }
        return tables;
    }

    /// <summary>Runs a command.</summary>
    public static async Task ExecuteAsync(DbConnection database, string sql)
    {
        await using var connection = database;
        await connection.OpenAsync(TestContext.Current.CancellationToken);
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
    }

    private static async Task<List<string>> RowsAsync(DbConnection connection, string sql)
    {
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        await using var reader = await command.ExecuteReaderAsync(TestContext.Current.CancellationToken);
        var rows = new List<string>();
        var values = new object[reader.FieldCount];
        while (await reader.ReadAsync(TestContext.Current.CancellationToken))
        {
            reader.GetValues(values);
            rows.Add(string.Join('|', values.Select(value => Convert.ToString(value, CultureInfo.InvariantCulture))));
        }
        return rows;
    }
}
