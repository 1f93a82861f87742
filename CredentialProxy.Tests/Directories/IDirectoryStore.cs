using CredentialProxy.Core.Directories;
using CredentialProxy.Core.Storage;

namespace CredentialProxy.Tests.Directories;

/// <summary>A store, what is told of its changes, and directories that know it.</summary>
internal interface IDirectoryStore : IAsyncDisposable
{
    IDirectoryUpdater Updater { get; }

    Task ChangeAsync(Action<StorageContext> change);

    /// <summary>A directory that has read everything; those started before stay.</summary>
    Task<IDirectory> StartAsync();

    /// <summary>Waits until references have been followed anew.</summary>
    Task FollowAsync();

    /// <summary>Waits until every directory has heard of what was told.</summary>
    Task CatchUpAsync();
}
