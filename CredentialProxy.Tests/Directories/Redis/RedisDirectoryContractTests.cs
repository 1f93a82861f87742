using CredentialProxy.Core.Vault;
using Microsoft.AspNetCore.DataProtection;

namespace CredentialProxy.Tests.Directories.Redis;

public sealed class RedisDirectoryContractTests : DirectoryContract
{
    private protected override async Task<IDirectoryStore> OpenAsync(IDataProtectionProvider protection, IReadOnlyList<Credential> environment) =>
        await ProjectedStore.CreateAsync(protection: protection, environment: environment);
}
