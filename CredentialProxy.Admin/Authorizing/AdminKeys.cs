using CredentialProxy.Core.Storage;
using CredentialProxy.Core.Tokens;
using Microsoft.EntityFrameworkCore;

namespace CredentialProxy.Admin.Authorizing;

/// <summary>Finds out whose an admin key is. Looks it up by its hash at each call, so that a revoked one ends at once.</summary>
internal sealed class AdminKeys(AdminOptions options, IDbContextFactory<StorageContext> storage, TimeProvider time)
{
    /// <summary>What generated keys begin with.</summary>
    public const string Prefix = "cpadm_";

    /// <summary>Whom the key set or made at the start speaks for, in the audit log.</summary>
    public const string Bootstrap = "admin-key";

    private const string Unknown = "The admin key is not the right one.";

    private readonly TokenHash _bootstrap = TokenHash.Parse(Convert.ToHexStringLower(options.AdminKeyHash.Span));

    /// <summary>Whether it is the hash of the key that was set or made at the start.</summary>
    public bool IsBootstrap(TokenHash hash) => hash == _bootstrap;

    /// <summary>The caller; or what is wrong with the key.</summary>
    public async ValueTask<(AdminCaller? Caller, string Wrong)> FindAsync(string presented, CancellationToken cancellationToken)
    {
        if (presented.Length > AdminOptions.MaxKeyLength)
        {
            return (null, Unknown);
        }
        var hash = TokenHash.Of(presented);
        if (IsBootstrap(hash))
        {
            return (new AdminCaller(Bootstrap, AdminRole.Admin), "");
        }
        if (!presented.StartsWith(Prefix, StringComparison.Ordinal))
        {
            return (null, Unknown);
        }
        await using var context = await storage.CreateDbContextAsync(cancellationToken);
        var text = hash.ToString();
        var row = await context.AdminKeys.AsNoTracking().FirstOrDefaultAsync(key => key.Hash == text, cancellationToken);
        return row switch
        {
            null => (null, Unknown),
            { RevokedAt: not null } => (null, "The admin key has been revoked."),
            { ExpiresAt: { } end } when end <= time.GetUtcNow() => (null, "The admin key has expired."),
            _ => CallerOf(row),
        };
    }

    // Fails closed: a role that isn't known, or a minter without ceilings that can be read, may do nothing.
    private static (AdminCaller? Caller, string Wrong) CallerOf(AdminKeyRow row)
    {
        if (!AdminRoles.TryParse(row.Role, out var role))
        {
            return (null, "The admin key has a role that this version does not know.");
        }
        var ceilings = role == AdminRole.Minter ? Ceilings.Read(row.CeilingsJson) : null;
        return role == AdminRole.Minter && ceilings is null
            ? (null, "The admin key's ceilings can't be read.")
            : (new AdminCaller(row.Id, role) { Ceilings = ceilings }, "");
    }
}
