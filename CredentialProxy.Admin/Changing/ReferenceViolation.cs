using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace CredentialProxy.Admin.Changing;

/// <summary>Tells a row that refers to one that has gone, or is still referred to, from any other failure of a database: somebody has changed the other one since it was looked at.</summary>
internal static class ReferenceViolation
{
    // https://www.sqlite.org/rescode.html
    private const int SqliteConstraintForeignKey = 787;
    private const int SqliteConstraintTrigger = 1811; // of deleting what is referred to, where that is restricted

    /// <summary>Whether it is one.</summary>
    public static bool Is(DbUpdateException exception) => exception.InnerException switch
    {
        SqliteException sqlite => sqlite.SqliteExtendedErrorCode is SqliteConstraintForeignKey or SqliteConstraintTrigger,
        PostgresException postgres => postgres.SqlState == PostgresErrorCodes.ForeignKeyViolation,
        _ => false,
    };
}
