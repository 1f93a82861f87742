using CredentialProxy.Core.Directories;
using CredentialProxy.Core.Storage;
using CredentialProxy.Core.Vault;
using CredentialProxy.Tests.Storage;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.Extensions.Logging.Abstractions;

namespace CredentialProxy.Tests.Directories;

public sealed class EmbeddedDirectoryTests : DirectoryContract
{
    private protected override async Task<IDirectoryStore> OpenAsync(IDataProtectionProvider protection, IReadOnlyList<Credential> environment) =>
        new Store(await TemporaryStorage.CreateAsync(), new CredentialVault(protection), environment);

    private sealed class Store(TemporaryStorage storage, CredentialVault vault, IReadOnlyList<Credential> environment) : IDirectoryStore
    {
        private readonly List<EmbeddedDirectory> _directories = [];

        public IDirectoryUpdater Updater => _directories[0];

        public Task ChangeAsync(Action<StorageContext> change) => storage.ChangeAsync(change);

        public async Task<IDirectory> StartAsync()
        {
            var directory = new EmbeddedDirectory(storage, vault, environment, FilePrices, NullLogger<EmbeddedDirectory>.Instance);
            await directory.LoadAsync(TestContext.Current.CancellationToken);
            _directories.Add(directory);
            return directory;
        }

        public Task FollowAsync() => _directories[0].FollowReferencesAsync(TestContext.Current.CancellationToken);

        public Task CatchUpAsync() => Task.CompletedTask;

        public ValueTask DisposeAsync()
        {
            _directories.ForEach(directory => directory.Dispose());
            storage.Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
