namespace CredentialProxy.Admin.Ownership;

/// <summary>The statements that keep owners of stored objects.</summary>
internal static class OwnerSql
{
    /// <summary>Takes objects from everybody but the named.</summary>
    public const string TakeFromOthers = """
        DELETE FROM objects USING unnest($1::text[], $2::text[], $3::text[], $4::text[]) AS told (owner, provider, kind, id)
        WHERE "Provider" = provider AND "Kind" = kind AND objects."Id" = id AND "Owner" <> owner
        """;

    /// <summary>Takes objects from the named.</summary>
    public const string Forget = """
        DELETE FROM objects USING unnest($1::text[], $2::text[], $3::text[], $4::text[]) AS told (owner, provider, kind, id)
        WHERE "Provider" = provider AND "Kind" = kind AND objects."Id" = id AND "Owner" = owner
        """;

    /// <summary>Gives objects to the named.</summary>
    public const string Remember = """
        INSERT INTO objects ("Owner", "Provider", "Kind", "Id", "CreatedAt", "ExpiresAt")
        SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bigint[], $6::bigint[])
        ON CONFLICT ("Owner", "Provider", "Kind", "Id") DO UPDATE SET "ExpiresAt" = excluded."ExpiresAt"
        """;

    /// <summary>
    /// Gives an object to somebody of whom it is said again, after a loss: only if nobody has had it for longer. Who has had it for a shorter time was told so by a Redis that had forgotten.
    /// </summary>
    public const string RememberAgain = """
        WITH older AS (SELECT 1 FROM objects WHERE "Provider" = $2 AND "Kind" = $3 AND "Id" = $4 AND "Owner" <> $1 AND "CreatedAt" <= $5 AND "ExpiresAt" > $5),
        younger AS (DELETE FROM objects WHERE "Provider" = $2 AND "Kind" = $3 AND "Id" = $4 AND "Owner" <> $1 AND NOT EXISTS (SELECT FROM older))
        INSERT INTO objects ("Owner", "Provider", "Kind", "Id", "CreatedAt", "ExpiresAt") SELECT $1, $2, $3, $4, $5, $6 WHERE NOT EXISTS (SELECT FROM older)
        ON CONFLICT ("Owner", "Provider", "Kind", "Id") DO UPDATE SET "ExpiresAt" = greatest(objects."ExpiresAt", excluded."ExpiresAt")
        """;

    /// <summary>How far processes have come.</summary>
    public const string Numbers = """SELECT "Instance", "Number" FROM object_numbers WHERE "Instance" = ANY($1)""";

    /// <summary>Those that were heard of since.</summary>
    public const string NumbersSince = """SELECT "Instance", "Number" FROM object_numbers WHERE "SeenAt" >= $1""";

    /// <summary>Notes how far processes have come.</summary>
    public const string KeepNumbers = """
        INSERT INTO object_numbers AS kept ("Instance", "Number", "SeenAt") SELECT instance, number, $3 FROM unnest($1::text[], $2::bigint[]) AS told (instance, number)
        ON CONFLICT ("Instance") DO UPDATE SET "Number" = greatest(kept."Number", excluded."Number"), "SeenAt" = excluded."SeenAt"
        """;

    /// <summary>All that is not over.</summary>
    public const string Read = """SELECT "Owner", "Provider", "Kind", "Id", "CreatedAt", "ExpiresAt" FROM objects WHERE "ExpiresAt" > $1""";

    /// <summary>Forgets what is over, a bounded number in one go.</summary>
    public const string ForgetOver = """DELETE FROM objects WHERE ctid = ANY(ARRAY(SELECT ctid FROM objects WHERE "ExpiresAt" <= $1 LIMIT $2))""";

    /// <summary>Forgets the oldest of owners that have more than they may.</summary>
    public const string ForgetOldest = """
        DELETE FROM objects USING (
            SELECT ctid AS place, row_number() OVER (PARTITION BY "Owner" ORDER BY "CreatedAt" DESC) AS age FROM objects
            WHERE "Owner" IN (SELECT "Owner" FROM objects GROUP BY "Owner" HAVING count(*) > $1)) AS many
        WHERE objects.ctid = place AND age > $1
        """;

    /// <summary>Forgets how far processes had come that are long gone.</summary>
    public const string ForgetNumbers = """DELETE FROM object_numbers WHERE "SeenAt" < $1""";
}
