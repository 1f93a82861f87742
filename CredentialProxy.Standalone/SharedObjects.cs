using CredentialProxy.Admin;
using CredentialProxy.Core.Directories;
using CredentialProxy.Core.Grants;
using CredentialProxy.Core.Limits;
using CredentialProxy.Core.Objects;
using CredentialProxy.Core.Providers;
using CredentialProxy.Core.Storage;
using CredentialProxy.Core.Tokens;
using CredentialProxy.Core.Usage;
using CredentialProxy.Core.Vault;
using Microsoft.EntityFrameworkCore;

namespace CredentialProxy.Standalone;

/// <summary>What gateway and control plane have in common: the same objects in both, so that a change in one is known in the other.</summary>
internal sealed class SharedObjects
{
    public required TimeProvider Time { get; init; }

    public required ProviderCatalog Catalog { get; init; }

    public required string DatabaseFile { get; init; }

    public required IDbContextFactory<StorageContext> Storage { get; init; }

    public required CredentialVault Vault { get; init; }

    public required EmbeddedDirectory Directory { get; init; }

    public required IQuotaAuthority Authority { get; init; }

    public required QuotaLedger Ledger { get; init; }

    public required IObjectOwners ObjectOwners { get; init; }

    public required SessionTokenOptions SessionTokens { get; init; }

    public required AdminTokenOptions AdminTokens { get; init; }

    public required AdminOptions Admin { get; init; }

    private TokenUses Uses => field ??= new TokenUses(Storage);

    /// <summary>Puts them into an application.</summary>
    public IServiceCollection AddTo(IServiceCollection services) => services
        .AddSingleton(Time)
        .AddSingleton(Catalog)
        .AddSingleton<IDirectory>(Directory)
        .AddSingleton<IDirectoryUpdater>(Directory)
        .AddSingleton(Storage)
        .AddSingleton(Authority)
        .AddSingleton(Ledger)
        .AddSingleton(ObjectOwners)
        .AddSingleton(Vault)
        .AddSingleton(Uses)
        .AddSingleton(SessionTokens)
        .AddSingleton(new SessionTokenVerifier(SessionTokens, Time, () => Directory.SigningKeys))
        .AddSingleton(new SessionTokenMinter(SessionTokens, Time))
        .AddSingleton(new AdminTokenVerifier(AdminTokens, Time))
        .AddSingleton(new GrantFactory(Directory, Catalog))
        .AddSingleton<IUsageReader>(new SqliteUsageReader(DatabaseFile, Ledger.FlushAsync))
        .AddSingleton(new SettlementBarrier(Ledger.FlushAsync));
}
