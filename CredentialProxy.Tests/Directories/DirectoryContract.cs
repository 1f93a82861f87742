using CredentialProxy.Core.Directories;
using CredentialProxy.Core.Grants;
using CredentialProxy.Core.Limits;
using CredentialProxy.Core.Pricing;
using CredentialProxy.Core.Storage;
using CredentialProxy.Core.Tokens;
using CredentialProxy.Core.Tokens.Keys;
using CredentialProxy.Core.Vault;
using CredentialProxy.Tests.Running;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.EntityFrameworkCore;
using Secret = CredentialProxy.Core.Vault.Secret;

namespace CredentialProxy.Tests.Directories;

/// <summary>What every directory must do, whatever it stands on.</summary>
public abstract partial class DirectoryContract : IAsyncLifetime
{
    private static readonly TokenHash Hash = TokenHash.Of("ptk_one");
    private static readonly DateTimeOffset Time = new(2026, 11, 24, 12, 0, 0, TimeSpan.Zero);

    /// <summary>Prices of the files, before which stored ones go.</summary>
    internal static PriceTable FilePrices { get; } = PriceTable.Load(new PricingOptions());

    private readonly string _file = Path.GetTempFileName();
    private CredentialVault _vault = null!;
    private readonly List<DirectoryChange> _changes = [];
    private IDirectoryStore _store = null!;
    private IDirectory _directory = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        var protection = new EphemeralDataProtectionProvider();
        _vault = new CredentialVault(protection);
        var environment = new Credential { Id = "cred_openai_env", Provider = "openai", Label = "l", Secret = new Secret("from environment") };
        await File.WriteAllTextAsync(_file, "first");
        var followed = new Credential { Id = "cred_anthropic_env", Provider = "anthropic", Label = "l", Secret = new Secret("first"), Reference = "file:" + _file };
        _store = await OpenAsync(protection, [environment, followed]);
        await _store.ChangeAsync(context =>
        {
            context.Projects.Add(new ProjectRow { Id = "p1", Name = "one", CreatedAt = Time, LimitsJson = """[{"unit":"requests","limit":5}]""" });
            context.Tokens.Add(Token("tok_1", Hash));
            context.Tokens.Add(Token("tok_2", hash: null));
            context.Credentials.Add(Credential("cred_1"));
            context.Revocations.Add(new RevocationRow { Jti = "j1", RevokedAt = TimeProvider.System.GetUtcNow() });
        });
        _directory = await _store.StartAsync();
        _directory.Changed += _changes.Add;
    }

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        await _store.DisposeAsync();
        File.Delete(_file);
    }

    private protected abstract Task<IDirectoryStore> OpenAsync(IDataProtectionProvider protection, IReadOnlyList<Credential> environment);

    [Fact]
    public async Task Everything_stored_is_known_after_loading()
    {
        var grant = await _directory.FindProxyTokenAsync(Hash, Cancellation);
        var session = await _directory.FindSessionTokenAsync("tok_2", Cancellation);

        Assert.Equal(("tok_1", TokenKind.Proxy, "p1", "cred_1"), (grant?.TokenId, grant!.Kind, grant.ProjectId, grant.CredentialId));
        Assert.Equal(
            [(AccountId.Token("tok_1"), new Limit(LimitUnit.Usd, 1_500_000, LimitWindow.Day)), (AccountId.Project("p1"), new Limit(LimitUnit.Requests, 5, LimitWindow.Lifetime))],
            grant.Accounts.Select(account => (account.Account, Assert.Single(account.Limits))));
        Assert.True(grant.Scope.AllowsModel("gpt-4o") && !grant.Scope.AllowsModel("o3") && !grant.Scope.AllowsProvider("gemini"));
        Assert.Equal(TokenKind.Session, session?.Kind);
        Assert.True(_directory.IsRevoked("j1"));
        Assert.False(_directory.IsRevoked("j2"));
        Assert.Equal(["from environment", "key-of-cred_1"], _directory.CredentialsOf("openai").Select(credential => credential.Secret.Reveal()));
        Assert.Empty(_directory.CredentialsOf("gemini"));
        Assert.Empty(_directory.LimitsOfProject("p2"));
    }

    [Fact]
    public async Task A_proxy_tokens_id_is_no_session_token()
    {
        Assert.Null(await _directory.FindSessionTokenAsync("tok_1", Cancellation));
        Assert.Null(await _directory.FindProxyTokenAsync(TokenHash.Of("ptk_other"), Cancellation));
    }

    [Fact]
    public async Task A_change_is_visible_at_once_and_raises_the_version_before_it_is_announced()
    {
        var before = _directory.Version;
        var seen = 0L;
        _directory.Changed += _ => seen = _directory.Version;

        await ChangeTokenAsync(row => row.Models = ["o3"]);

        Assert.True((await FindAsync())!.Scope.AllowsModel("o3"));
        Assert.True(_directory.Version > before);
        Assert.Equal(_directory.Version, seen);
        Assert.Equal([new DirectoryChange("tok_1", HasEnded: false)], _changes);
    }

    [Fact]
    public async Task A_revoked_token_has_ended()
    {
        await ChangeTokenAsync(row => row.RevokedAt = Time);

        Assert.True((await FindAsync())!.IsRevoked);
        Assert.Equal([new DirectoryChange("tok_1", HasEnded: true)], _changes);
    }

    [Fact]
    public async Task A_disabled_token_has_ended_until_it_is_enabled()
    {
        await ChangeTokenAsync(row => row.IsDisabled = true);
        Assert.True((await FindAsync())!.IsRevoked);

        await ChangeTokenAsync(row => row.IsDisabled = false);
        Assert.False((await FindAsync())!.IsRevoked);
        Assert.Equal([true, false], _changes.Select(change => change.HasEnded));
    }

    [Fact]
    public async Task A_deleted_token_has_ended_and_is_not_known()
    {
        await _store.ChangeAsync(context => context.Tokens.Remove(context.Tokens.Single(row => row.Id == "tok_1")));
        await TellAsync(updater => updater.TokenChangedAsync("tok_1", Cancellation));

        Assert.Null(await FindAsync());
        Assert.Equal([new DirectoryChange("tok_1", HasEnded: true)], _changes);
    }

    [Fact]
    public async Task A_token_whose_secret_was_changed_is_not_known_by_the_old_one()
    {
        await ChangeTokenAsync(row => row.Hash = TokenHash.Of("ptk_new").ToString());

        Assert.Null(await FindAsync());
        Assert.NotNull(await _directory.FindProxyTokenAsync(TokenHash.Of("ptk_new"), Cancellation));
    }

    [Theory]
    [InlineData("limits", "not json")]
    [InlineData("limits", "null")]
    [InlineData("limits", """[{"unit":"euro","limit":5}]""")]
    [InlineData("models", "a b")]
    [InlineData("endpoints", "nowhere")]
    [InlineData("cidrs", "10.0.0.0/99")]
    [InlineData("features", "flying")]
    [InlineData("hash", "00")]
    public async Task A_row_that_can_t_be_read_is_a_token_that_is_not_known(string field, string value)
    {
        await ChangeTokenAsync(row =>
        {
            row.LimitsJson = field == "limits" ? value : row.LimitsJson;
            row.Models = field == "models" ? [value] : row.Models;
            row.Endpoints = field == "endpoints" ? [value] : row.Endpoints;
            row.Cidrs = field == "cidrs" ? [value] : row.Cidrs;
            row.Features = field == "features" ? [value] : row.Features;
            row.Hash = field == "hash" ? value : row.Hash;
        });
        Assert.Null(await FindAsync());
        Assert.Equal([new DirectoryChange("tok_1", HasEnded: true)], _changes);

        var restarted = await _store.StartAsync();
        Assert.Null(await restarted.FindProxyTokenAsync(Hash, Cancellation));
        Assert.NotNull(await restarted.FindSessionTokenAsync("tok_2", Cancellation));
    }

    [Fact]
    public async Task A_projects_limits_reach_the_grants_of_its_tokens()
    {
        var before = _directory.Version;
        await ChangeProjectAsync("""[{"unit":"tokens","limit":7}]""");

        Assert.Equal([new Limit(LimitUnit.Tokens, 7, LimitWindow.Lifetime)], (await FindAsync())!.Accounts[1].Limits);
        Assert.Equal([new Limit(LimitUnit.Tokens, 7, LimitWindow.Lifetime)], _directory.LimitsOfProject("p1"));
        Assert.True(_directory.Version > before);
        Assert.Equal([new DirectoryChange(null)], _changes);

        // It can't go while they belong to it.
        await Assert.ThrowsAsync<DbUpdateException>(() => _store.ChangeAsync(context => context.Projects.Remove(context.Projects.Single())));
        await _store.ChangeAsync(context =>
        {
            foreach (var token in context.Tokens)
            {
                token.ProjectId = null;
            }
            context.Projects.Remove(context.Projects.Single());
        });
        await TellAsync(updater => updater.TokenChangedAsync("tok_1", Cancellation));
        await TellAsync(updater => updater.ProjectChangedAsync("p1", Cancellation));
        Assert.Equal(AccountId.Token("tok_1"), Assert.Single((await FindAsync())!.Accounts).Account);
    }

    [Fact]
    public async Task A_tokens_features_are_its_own_and_its_projects()
    {
        await ChangeTokenAsync(row => row.Features = ["web_search"]);
        await _store.ChangeAsync(context => context.Projects.Single().Features = ["files", "batches"]);
        await TellAsync(updater => updater.ProjectChangedAsync("p1", Cancellation));

        Assert.Equal(Features.WebSearch | Features.Files | Features.Batches, (await FindAsync())!.Scope.Features);
        Assert.Equal(Features.Files | Features.Batches, (await _directory.FindSessionTokenAsync("tok_2", Cancellation))!.Scope.Features);
        Assert.Equal(Features.Files | Features.Batches, _directory.FeaturesOfProject("p1"));
        Assert.Equal(Features.None, _directory.FeaturesOfProject("p2"));
    }

    [Fact]
    public async Task A_project_whose_features_can_t_be_read_grants_none_and_spends_nothing()
    {
        await _store.ChangeAsync(context => context.Projects.Single().Features = ["files", "flying"]);
        await TellAsync(updater => updater.ProjectChangedAsync("p1", Cancellation));

        Assert.Equal(Features.None, (await FindAsync())!.Scope.Features);
        Assert.Equal([new Limit(LimitUnit.Requests, 0, LimitWindow.Lifetime)], _directory.LimitsOfProject("p1"));
    }

    [Fact]
    public async Task A_project_whose_limits_can_t_be_read_spends_nothing_and_keeps_no_other_from_loading()
    {
        await ChangeProjectAsync("not json");

        Assert.Equal([new Limit(LimitUnit.Requests, 0, LimitWindow.Lifetime)], (await FindAsync())!.Accounts[1].Limits);
    }

    [Fact]
    public async Task A_credential_that_is_disabled_or_can_t_be_opened_or_read_is_not_used()
    {
        await _store.ChangeAsync(context => context.Credentials.AddRange(
            Credential("cred_2"),
            Credential("cred_3", limits: "not json"),
            Credential("cred_4", sealedSecret: new CredentialVault(new EphemeralDataProtectionProvider()).Seal("k"))));
        await TellAsync(updater => updater.CredentialsChangedAsync(Cancellation));
        Assert.Equal(["cred_openai_env", "cred_1", "cred_2"], _directory.CredentialsOf("openai").Select(credential => credential.Id));

        await _store.ChangeAsync(context => context.Credentials.Single(row => row.Id == "cred_1").IsDisabled = true);
        await TellAsync(updater => updater.CredentialsChangedAsync(Cancellation));
        Assert.Equal(["cred_openai_env", "cred_2"], _directory.CredentialsOf("openai").Select(credential => credential.Id));
    }

    [Fact]
    public async Task A_key_that_a_reference_leads_to_is_replaced_with_its_file()
    {
        var path = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(path, "first", Cancellation);
            await _store.ChangeAsync(context => context.Credentials.Add(Credential("cred_9", sealedSecret: _vault.Seal("file:" + path))));
            await TellAsync(updater => updater.CredentialsChangedAsync(Cancellation));
            var version = _directory.Version;
            await _store.FollowAsync();
            Assert.Equal((version, "first"), (_directory.Version, Followed()));

            await File.WriteAllTextAsync(path, "second", Cancellation);
            await Product.EventuallyAsync(
                async () =>
                {
                    await _store.FollowAsync();
                    return Followed() == "second";
                },
                "the new key is used");
            Assert.True(_directory.Version > version);

            // In the middle of being replaced.
            File.Delete(path);
            await _store.FollowAsync();
            Assert.Equal("second", Followed());
        }
        finally
        {
            File.Delete(path);
        }

        string Followed() => _directory.CredentialsOf("openai").Single(credential => credential.Id == "cred_9").Secret.Reveal();
    }

    [Fact]
    public async Task A_reference_in_the_settings_is_followed_too()
    {
        await File.WriteAllTextAsync(_file, "second", Cancellation);
        await Product.EventuallyAsync(
            async () =>
            {
                await _store.FollowAsync();
                return Followed() == "second";
            },
            "the new key is used");

        // In the middle of being replaced, and something else changes.
        File.Delete(_file);
        await _store.ChangeAsync(context => context.Credentials.Add(Credential("cred_2")));
        await TellAsync(updater => updater.CredentialsChangedAsync(Cancellation));
        await _store.FollowAsync();
        Assert.Equal("second", Followed());

        string Followed() => Assert.Single(_directory.CredentialsOf("anthropic")).Secret.Reveal();
    }

    [Fact]
    public async Task A_revoked_id_has_ended()
    {
        await _store.ChangeAsync(context => context.Revocations.Add(new RevocationRow { Jti = "j9", RevokedAt = TimeProvider.System.GetUtcNow() }));
        await TellAsync(updater => updater.RevokedAsync("j9", Cancellation));

        Assert.True(_directory.IsRevoked("j9"));
        Assert.Equal([new DirectoryChange("j9", HasEnded: true)], _changes);
    }

    [Fact]
    public async Task A_signing_key_is_known_at_once_and_one_that_is_retired_has_ended()
    {
        await _store.ChangeAsync(context => context.SigningKeys.AddRange(SigningKey("sig_1", SigningAlgorithm.Es256), SigningKey("sig_2", SigningAlgorithm.Hs256)));
        await TellAsync(updater => updater.SigningKeysChangedAsync(Cancellation));
        Assert.Equal([("sig_1", SigningAlgorithm.Es256), ("sig_2", SigningAlgorithm.Hs256)], _directory.SigningKeys.Keys.Select(key => (key.Id, key.Algorithm)).Order());
        Assert.All(_changes, change => Assert.Equal(new DirectoryChange(null), change));
        var before = _directory.SigningKeys;

        await _store.ChangeAsync(context => context.SigningKeys.Single(row => row.Id == "sig_2").RetiredAt = Time);
        await TellAsync(updater => updater.SigningKeysChangedAsync(Cancellation));

        Assert.Equal(["sig_1"], _directory.SigningKeys.Keys.Select(key => key.Id));
        Assert.Equal(["sig_2"], before.EndedIn(_directory.SigningKeys));
        Assert.Equal(["sig_2"], _changes.Select(change => change.EndedKeyId).OfType<string>());
    }

    [Fact]
    public async Task A_signing_key_that_can_t_be_read_proves_nothing_and_the_others_do()
    {
        await _store.ChangeAsync(context =>
        {
            var (unknown, unopened, weak) = (SigningKey("sig_2", SigningAlgorithm.Es256), SigningKey("sig_3", SigningAlgorithm.Hs256), SigningKey("sig_4", SigningAlgorithm.Es256));
            unknown.Algorithm = "ES512";
            unopened.SealedPrivateKey = "sealed by somebody else";
            weak.PublicKey = """{"kty":"EC","crv":"P-256","x":"AAAA","y":"AAAA"}""";
            context.SigningKeys.AddRange(SigningKey("sig_1", SigningAlgorithm.Es256), unknown, unopened, weak);
        });
        await TellAsync(updater => updater.SigningKeysChangedAsync(Cancellation));

        Assert.Equal(["sig_1"], _directory.SigningKeys.Keys.Select(key => key.Id));
    }

    private SigningKeyRow SigningKey(string id, SigningAlgorithm algorithm)
    {
        var pair = SigningKeyPair.Make(id, algorithm);
        return new SigningKeyRow { Id = id, Algorithm = SigningAlgorithms.NameOf(algorithm), SealedPrivateKey = _vault.SealSigningKey(pair.PrivateJwk), PublicKey = pair.PublicJwk, CreatedAt = Time, ActivatesAt = Time };
    }

    private static TokenRow Token(string id, TokenHash? hash) => new()
    {
        Id = id,
        Kind = hash is null ? "session" : "proxy",
        Hash = hash?.ToString(),
        LastFour = "abcd",
        ProjectId = "p1",
        CredentialId = "cred_1",
        Providers = ["openai"],
        Models = ["gpt-*"],
        Endpoints = ["POST /v1/*"],
        Cidrs = ["10.0.0.0/8"],
        LimitsJson = """[{"unit":"usd","limit":1.5,"window":"day"}]""",
        CreatedAt = Time,
    };

    private CredentialRow Credential(string id, string limits = "[]", string? sealedSecret = null) => new()
    {
        Id = id,
        Provider = "openai",
        SealedSecret = sealedSecret ?? _vault.Seal("key-of-" + id),
        LimitsJson = limits,
        CreatedAt = Time.AddSeconds(id[^1]),
    };

    private async Task TellAsync(Func<IDirectoryUpdater, Task> tell)
    {
        await tell(_store.Updater);
        await _store.CatchUpAsync();
    }

    private ValueTask<Grant?> FindAsync() => _directory.FindProxyTokenAsync(Hash, Cancellation);

    private async Task ChangeTokenAsync(Action<TokenRow> change)
    {
        await _store.ChangeAsync(context => change(context.Tokens.Single(row => row.Id == "tok_1")));
        await TellAsync(updater => updater.TokenChangedAsync("tok_1", Cancellation));
    }

    private async Task ChangeProjectAsync(string limits)
    {
        await _store.ChangeAsync(context => context.Projects.Single().LimitsJson = limits);
        await TellAsync(updater => updater.ProjectChangedAsync("p1", Cancellation));
    }
}
