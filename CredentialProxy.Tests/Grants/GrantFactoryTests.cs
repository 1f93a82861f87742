using System.Collections.Immutable;
using CredentialProxy.Core.Directories;
using CredentialProxy.Core.Grants;
using CredentialProxy.Core.Limits;
using CredentialProxy.Core.Pricing;
using CredentialProxy.Core.Providers;
using CredentialProxy.Core.Tokens;
using CredentialProxy.Core.Tokens.Keys;
using CredentialProxy.Core.Vault;
using CredentialProxy.Tests.Reserving;

namespace CredentialProxy.Tests.Grants;

public sealed class GrantFactoryTests
{
    private static readonly DateTimeOffset End = new(2026, 11, 24, 13, 0, 0, TimeSpan.Zero);

    private readonly MemoryDirectory _directory = new();

    private static SessionClaims Claims => new() { Subject = "ws_1", Provider = "openai", CredentialId = "cred_1", Budget = 1000, Id = "j1", ExpiresAt = End };

    [Fact]
    public async Task A_token_of_another_system_grants_what_it_claims()
    {
        var grant = await FindAsync(Claims);

        Assert.NotNull(grant);
        Assert.Equal("j1", grant.TokenId);
        Assert.Equal(TokenKind.Session, grant.Kind);
        Assert.Equal("ws_1", grant.ProjectId);
        Assert.Equal("cred_1", grant.CredentialId);
        Assert.Equal("openai", grant.DefaultProvider);
        Assert.Equal(End, grant.ExpiresAt);
        Assert.False(grant.IsRevoked);
        Assert.True(grant.Scope.AllowsProvider("openai"));
        Assert.False(grant.Scope.AllowsProvider("anthropic"));
        var account = Assert.Single(grant.Accounts);
        Assert.Equal(AccountId.Project("ws_1"), account.Account);
        Assert.Equal([new Limit(LimitUnit.Tokens, 1000, LimitWindow.Lifetime)], account.Limits);
    }

    [Fact]
    public async Task Its_features_are_the_workspaces()
    {
        Assert.Equal(Features.None, (await FindAsync(Claims))!.Scope.Features);

        _directory.ProjectFeatures = Features.WebSearch | Features.Files;
        Assert.Equal(_directory.ProjectFeatures, (await FindAsync(Claims))!.Scope.Features);
        Assert.Equal(Features.None, (await FindAsync(Claims with { Subject = "ws_2" }))!.Scope.Features);
    }

    [Fact]
    public async Task Its_budget_and_the_operators_limits_on_the_workspace_both_hold()
    {
        var daily = new Limit(LimitUnit.Usd, 5, LimitWindow.Day);
        var lifetime = new Limit(LimitUnit.Tokens, 10, LimitWindow.Lifetime);
        _directory.ProjectLimits = [daily, lifetime];

        var account = Assert.Single((await FindAsync(Claims))!.Accounts);

        Assert.Equal([daily, lifetime, new Limit(LimitUnit.Tokens, 1000, LimitWindow.Lifetime)], account.Limits);
    }

    [Fact]
    public async Task Without_a_budget_the_operators_limits_hold_and_the_workspace_is_counted()
    {
        var counted = Assert.Single(Assert.Single((await FindAsync(Claims with { Budget = null }))!.Accounts).Limits);
        Assert.Equal((LimitUnit.Tokens, LimitWindow.Lifetime, false), (counted.Unit, counted.Window, counted.IsBounded));

        var perMinute = new Limit(LimitUnit.Requests, 3, LimitWindow.Minute);
        _directory.ProjectLimits = [perMinute];
        Assert.Equal([perMinute, counted], Assert.Single((await FindAsync(Claims with { Budget = null }))!.Accounts).Limits);
    }

    [Fact]
    public async Task A_budget_of_nothing_is_a_limit_too() =>
        Assert.Equal([new Limit(LimitUnit.Tokens, 0, LimitWindow.Lifetime)], Assert.Single((await FindAsync(Claims with { Budget = 0 }))!.Accounts).Limits);

    [Fact]
    public async Task A_revoked_id_makes_a_revoked_grant()
    {
        _directory.Revoked = "j1";

        Assert.True((await FindAsync(Claims))!.IsRevoked);
        Assert.False((await FindAsync(Claims with { Id = "j2" }))!.IsRevoked);
    }

    [Fact]
    public async Task A_token_without_an_id_is_named_by_its_hash()
    {
        var grant = await FindAsync(Claims with { Id = null });

        Assert.Equal("ses_" + TokenHash.Of("token").ToString()[..20], grant?.TokenId);
        Assert.False(grant?.IsRevoked);
    }

    [Theory]
    [InlineData("mistral")]
    [InlineData("OpenAI")]
    [InlineData("")]
    public async Task An_unknown_provider_grants_nothing(string provider) => Assert.Null(await FindAsync(Claims with { Provider = provider }));

    [Fact]
    public async Task A_token_of_ours_is_worth_its_kept_grant_and_not_what_it_claims()
    {
        var ours = Claims with { IsOurs = true, Budget = 999_999 };
        Assert.Null(await FindAsync(ours));

        _directory.Stored = new Grant { TokenId = "j1", Kind = TokenKind.Session, Scope = Scope.Unbounded };
        Assert.Same(_directory.Stored, await FindAsync(ours));
        Assert.Null(await FindAsync(ours with { Id = "j2" }));
    }

    private ValueTask<Grant?> FindAsync(SessionClaims claims) =>
        new GrantFactory(_directory, new ProviderCatalog(KnownProviders.All)).FindAsync(claims, TokenHash.Of("token"), TestContext.Current.CancellationToken);

    private sealed class MemoryDirectory : IDirectory
    {
        public event Action<DirectoryChange>? Changed
        {
            add { }
            remove { }
        }

        public ImmutableArray<Limit> ProjectLimits { get; set; } = [];

        public Features ProjectFeatures { get; set; }

        public string? Revoked { get; set; }

        public Grant? Stored { get; set; }

        public long Version => 0;

        public ValueTask<Grant?> FindProxyTokenAsync(TokenHash hash, CancellationToken cancellationToken) => new((Grant?)null);

        public ValueTask<Grant?> FindSessionTokenAsync(string jti, CancellationToken cancellationToken) => new(Stored?.TokenId == jti ? Stored : null);

        public bool IsRevoked(string jti) => jti == Revoked;

        public ImmutableArray<Limit> LimitsOfProject(string projectId) => projectId == "ws_1" ? ProjectLimits : [];

        public Features FeaturesOfProject(string projectId) => projectId == "ws_1" ? ProjectFeatures : Features.None;

        public ImmutableArray<Credential> CredentialsOf(string provider) => [];

        public SigningKeySet SigningKeys => SigningKeySet.Empty;

        public PriceTable Prices => Inspected.Prices;
    }
}
