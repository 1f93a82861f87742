using CredentialProxy.Core.Directories.Redis;

namespace CredentialProxy.Admin.Projecting;

/// <summary>An object as the directory has to carry it.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Document">Its document.</param>
/// <param name="Hash">Of a proxy token, its hash.</param>
/// <param name="HasEnded">Of a token, whether it is revoked or disabled.</param>
internal sealed record ProjectedObject(string Id, string Document, string? Hash = null, bool HasEnded = false);

/// <summary>What of the database is for gateways.</summary>
/// <param name="RevocationsFor">How long a revoked id is carried: no longer than it is in the database.</param>
internal sealed record ProjectionScope(TimeSpan RevocationsFor)
{
    /// <summary>In the order in which they are projected: what a token stands on comes before it.</summary>
    public static readonly DirectoryKind[] Kinds =
        [DirectoryKind.Key, DirectoryKind.SigningKey, DirectoryKind.Price, DirectoryKind.Project, DirectoryKind.Credential, DirectoryKind.Revocation, DirectoryKind.Token];
}
