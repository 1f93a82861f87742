namespace CredentialProxy.Core.Directories;

/// <summary>Tells the directory that the store has changed. Called after the change is committed; when a call completes, every gateway of this process knows.</summary>
public interface IDirectoryUpdater
{
    /// <summary>A token was made, changed, revoked or deleted.</summary>
    Task TokenChangedAsync(string id, CancellationToken cancellationToken);

    /// <summary>A session token minted elsewhere was revoked.</summary>
    Task RevokedAsync(string jti, CancellationToken cancellationToken);

    /// <summary>Revocations were forgotten, whose tokens have expired.</summary>
    Task RevocationsForgottenAsync(CancellationToken cancellationToken);

    /// <summary>A project was made, changed or deleted.</summary>
    Task ProjectChangedAsync(string id, CancellationToken cancellationToken);

    /// <summary>A credential was added, changed or removed.</summary>
    Task CredentialsChangedAsync(CancellationToken cancellationToken);

    /// <summary>A signing key was made, changed, retired or deleted.</summary>
    Task SigningKeysChangedAsync(CancellationToken cancellationToken);

    /// <summary>A price was set, changed or deleted.</summary>
    Task PricesChangedAsync(CancellationToken cancellationToken);
}
