using CredentialProxy.Admin.Storage;
using CredentialProxy.Core.Directories.Redis;
using CredentialProxy.Core.Storage;
using CredentialProxy.Core.Tokens;
using Microsoft.EntityFrameworkCore;

namespace CredentialProxy.Admin.Projecting;

/// <summary>Reads what the directory has to carry out of the database, as one context sees it.</summary>
internal sealed class ProjectedRows(PostgresStorageContext context, ProjectionScope scope, DateTimeOffset now)
{
    /// <summary>Objects of a kind; all of them, or those with these ids.</summary>
    public IAsyncEnumerable<ProjectedObject> ReadAsync(DirectoryKind kind, IReadOnlyCollection<string>? ids = null) => kind switch
    {
        DirectoryKind.Token => context.Tokens.AsNoTracking().Where(row => ids == null || ids.Contains(row.Id)).AsAsyncEnumerable()
            .Select(row => new ProjectedObject(row.Id, DirectoryDocuments.Write(row), HashOf(row), DirectoryDocuments.HasEnded(row))),
        DirectoryKind.Project => context.Projects.AsNoTracking().Where(row => ids == null || ids.Contains(row.Id)).AsAsyncEnumerable()
            .Select(row => new ProjectedObject(row.Id, DirectoryDocuments.Write(row))),
        DirectoryKind.Credential => context.Credentials.AsNoTracking().Where(row => !row.IsDisabled && (ids == null || ids.Contains(row.Id))).AsAsyncEnumerable()
            .Select(row => new ProjectedObject(row.Id, DirectoryDocuments.Write(row))),
        DirectoryKind.Revocation => Revocations(ids),
        DirectoryKind.SigningKey => context.SigningKeys.AsNoTracking().Where(row => row.RetiredAt == null && (ids == null || ids.Contains(row.Id))).AsAsyncEnumerable()
            .Select(row => new ProjectedObject(row.Id, DirectoryDocuments.Write(row))),
        DirectoryKind.Price => context.Prices.AsNoTracking().Where(row => ids == null || ids.Contains(row.Id)).AsAsyncEnumerable()
            .Select(row => new ProjectedObject(row.Id, DirectoryDocuments.Write(row))),
        DirectoryKind.Key => context.DataProtectionKeys.AsNoTracking().Where(row => ids == null || ids.Contains(row.Name)).AsAsyncEnumerable()
            .Select(row => new ProjectedObject(row.Name, DirectoryDocuments.Write(row.Xml))),
        _ => AsyncEnumerable.Empty<ProjectedObject>(),
    };

    // What can't be read as a hash leads nowhere; the gateway says so of the token itself.
    private static string? HashOf(TokenRow row) => TokenHash.TryParse(row.Hash, out var hash) ? hash.ToString() : null;

    private IAsyncEnumerable<ProjectedObject> Revocations(IReadOnlyCollection<string>? ids)
    {
        var since = now - scope.RevocationsFor;
        return context.Revocations.AsNoTracking().Where(row => row.RevokedAt > since && (ids == null || ids.Contains(row.Jti))).AsAsyncEnumerable()
            .Select(row => new ProjectedObject(row.Jti, DirectoryDocuments.Write(row)));
    }
}
