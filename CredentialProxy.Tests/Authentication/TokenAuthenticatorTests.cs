using System.Collections.Immutable;
using CredentialProxy.Core.Directories;
using CredentialProxy.Core.Grants;
using CredentialProxy.Core.Judging;
using CredentialProxy.Core.Limits;
using CredentialProxy.Core.Pricing;
using CredentialProxy.Core.Providers;
using CredentialProxy.Core.Tokens;
using CredentialProxy.Core.Tokens.Keys;
using CredentialProxy.Core.Vault;
using CredentialProxy.Gateway;
using CredentialProxy.Gateway.Authentication;
using CredentialProxy.Gateway.Connections;
using CredentialProxy.Tests.Reserving;
using CredentialProxy.Tests.Tokens;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace CredentialProxy.Tests.Authentication;

/// <summary>What the gateway remembers of tokens, and what a flood of them costs it.</summary>
public sealed class TokenAuthenticatorTests : IAsyncDisposable
{
    private const string Known = "ptk_known-to-everybody";

    private readonly FakeTimeProvider _time = HandmadeToken.Clock();
    private readonly CountingDirectory _directory = new();
    private readonly QuotaLedger _ledger;
    private readonly TokenAuthenticator _authenticator;

    public TokenAuthenticatorTests()
    {
        var options = new GatewayOptions { TokenCacheSize = 1_000, UnknownTokenCacheSize = 200, MaxFailedTokensPerAddress = 1_000_000 };
        _ledger = new QuotaLedger(new NoAuthority(), new QuotaLedgerOptions(), _time, NullLogger<QuotaLedger>.Instance);
        _authenticator = new TokenAuthenticator(
            _directory, new SessionTokenVerifier(HandmadeToken.Options, _time), new GrantFactory(_directory, ProviderCatalogBuilder.Build(new Dictionary<string, ProviderOptions>())), _ledger,
            new FailedTokens(options, new ClientAddresses(new ConnectionOptions()), _time), options, _time);
        _directory.Put(Known, new Grant { TokenId = "tok_known", Kind = TokenKind.Proxy, Scope = Scope.Unbounded });
    }

    public ValueTask DisposeAsync() => _ledger.DisposeAsync();

    [Fact]
    [Trait("threat", "avail-4")]
    public async Task A_flood_of_unknown_tokens_makes_no_known_one_be_forgotten()
    {
        Assert.Null(await RefusalAsync(Known));
        for (var i = 0; i < 20_000; i++)
        {
            Assert.Equal(RefusalCode.InvalidToken, await RefusalAsync($"ptk_unknown-{i}"));
        }
        Assert.Equal(1, _authenticator.KnownCount);
        Assert.InRange(_authenticator.UnknownCount, 1, 250);
        Assert.Null(await RefusalAsync(Known));
        Assert.Equal(1, _directory.LookupsOf(Known));
    }

    [Fact]
    [Trait("threat", "avail-4")]
    public async Task A_flood_of_forged_and_expired_session_tokens_is_not_remembered_as_known()
    {
        var header = HandmadeToken.Encode(HandmadeToken.PlainHeader);
        var payload = HandmadeToken.Encode(HandmadeToken.Payload());
        for (var i = 0; i < 1_000; i++)
        {
            Assert.Equal(RefusalCode.InvalidToken, await RefusalAsync($"{HandmadeToken.Encode($$"""{"alg":"HS256","kid":"garbage {{i}}"}""")}.{payload}.c2ln"));
            Assert.Equal(RefusalCode.InvalidToken, await RefusalAsync($"{header}.{payload}.{HandmadeToken.Encode(i.ToString(System.Globalization.CultureInfo.InvariantCulture))}"));
            Assert.Equal(RefusalCode.TokenExpired, await RefusalAsync(HandmadeToken.Sign(HandmadeToken.Payload(("exp", HandmadeToken.NowSeconds - 100), ("jti", $"j{i}")))));
        }
        Assert.Equal(0, _authenticator.KnownCount);
        Assert.InRange(_authenticator.UnknownCount, 1, 250);
        Assert.Equal(0, _directory.Lookups);
    }

    [Fact]
    public async Task A_token_that_comes_to_be_known_is_so_at_once()
    {
        const string Fresh = "ptk_made-in-a-moment";
        Assert.Equal(RefusalCode.InvalidToken, await RefusalAsync(Fresh));
        _directory.Put(Fresh, new Grant { TokenId = "tok_fresh", Kind = TokenKind.Proxy, Scope = Scope.Unbounded });
        Assert.Null(await RefusalAsync(Fresh));
    }

    [Fact]
    public async Task A_token_that_is_unknown_is_asked_for_once_a_second()
    {
        for (var i = 0; i < 10; i++)
        {
            await RefusalAsync("ptk_nobody-s-token");
        }
        Assert.Equal(1, _directory.Lookups);
        _time.Advance(TimeSpan.FromSeconds(1));
        await RefusalAsync("ptk_nobody-s-token");
        Assert.Equal(2, _directory.Lookups);
    }

    [Theory]
    [Trait("threat", "token-1")]
    [InlineData('x', 16 * 1024 + 1)]
    [InlineData('x', 1024 * 1024)]
    [InlineData('é', 12 * 1024)]
    [InlineData('\u20ac', 6 * 1024)]
    [InlineData('\u0001', 20)]
    public async Task A_token_too_long_or_of_other_characters_is_refused_unread(char character, int length)
    {
        Assert.Equal(RefusalCode.InvalidToken, await RefusalAsync(new string(character, length)));
        Assert.Equal(0, _directory.Lookups);
        Assert.Equal(0, _authenticator.UnknownCount);
    }

    [Fact]
    public async Task What_is_under_way_for_a_token_outlives_a_change_of_its_grant()
    {
        var before = await ProveAsync(Known);
        Assert.True(before.Token.Load.TryEnter(1));
        _directory.Put(Known, new Grant { TokenId = "tok_known", Kind = TokenKind.Proxy, Scope = Scope.Unbounded });
        var after = await ProveAsync(Known);
        Assert.NotSame(before.Token.Grant, after.Token.Grant);
        Assert.False(after.Token.Load.TryEnter(1));
    }

    private async Task<RefusalCode?> RefusalAsync(string token) => (await _authenticator.AuthenticateAsync(Request(token)))?.Code;

    private async Task<ProxyRequest> ProveAsync(string token)
    {
        var request = Request(token);
        Assert.Null(await _authenticator.AuthenticateAsync(request));
        return request;
    }

    private static ProxyRequest Request(string token) => new(new DefaultHttpContext(), "req_1", 0) { PresentedToken = token.AsMemory() };

    private sealed class CountingDirectory : IDirectory
    {
        private readonly Dictionary<TokenHash, Grant> _grants = [];
        private readonly List<TokenHash> _lookups = [];

        public event Action<DirectoryChange>? Changed;

        public long Version { get; private set; }

        public int Lookups => _lookups.Count;

        public int LookupsOf(string token) => _lookups.Count(hash => hash == TokenHash.Of(token));

        public void Put(string token, Grant grant)
        {
            _grants[TokenHash.Of(token)] = grant;
            Version++;
            Changed?.Invoke(new DirectoryChange(grant.TokenId));
        }

        public ValueTask<Grant?> FindProxyTokenAsync(TokenHash hash, CancellationToken cancellationToken)
        {
            _lookups.Add(hash);
            return new(_grants.GetValueOrDefault(hash));
        }

        public ValueTask<Grant?> FindSessionTokenAsync(string jti, CancellationToken cancellationToken) => new((Grant?)null);

        public bool IsRevoked(string jti) => false;

        public ImmutableArray<Limit> LimitsOfProject(string projectId) => [];

        public Features FeaturesOfProject(string projectId) => Features.None;

        public ImmutableArray<Credential> CredentialsOf(string provider) => [];

        public SigningKeySet SigningKeys => SigningKeySet.Empty;

        public PriceTable Prices => Inspected.Prices;
    }

    private sealed class NoAuthority : IQuotaAuthority
    {
        public event EventHandler? Expired
        {
            add { }
            remove { }
        }

        public ValueTask<LeaseAnswer[]> LeaseAsync(ReadOnlyMemory<LeaseAmount> returns, ReadOnlyMemory<LeaseRequest> requests, CancellationToken cancellationToken) => new([]);

        public ValueTask SettleAsync(IReadOnlyList<Settlement> settlements, CancellationToken cancellationToken) => default;

        public ValueTask<CounterState[]> ReadAsync(IReadOnlyList<CounterKey> counters, CancellationToken cancellationToken) => new([]);

        public ValueTask ResetAsync(CounterKey counter, CancellationToken cancellationToken) => default;
    }
}
