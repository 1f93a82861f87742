using System.Collections.Concurrent;
using System.Collections.Immutable;
using CredentialProxy.Core.Directories;
using CredentialProxy.Core.Grants;
using CredentialProxy.Core.Limits;
using CredentialProxy.Core.Pricing;
using CredentialProxy.Core.Providers;
using CredentialProxy.Core.Tokens;
using CredentialProxy.Core.Tokens.Keys;
using CredentialProxy.Core.Vault;
using CredentialProxy.Gateway;
using CredentialProxy.Gateway.Admitting;
using CredentialProxy.Gateway.Authentication;
using CredentialProxy.Gateway.Connections;
using CredentialProxy.Gateway.Forwarding;
using CredentialProxy.ServiceDefaults.Hosting;
using CredentialProxy.Tests.Reserving;
using CredentialProxy.Tests.Running;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace CredentialProxy.Tests.Forwarding;

/// <summary>What becomes of an open request when its token changes.</summary>
public sealed class TokenFollowerTests : IAsyncLifetime
{
    private readonly ConcurrentQueue<string> _lines = new();
    private readonly ILoggerFactory _logs;
    private readonly OneToken _directory = new();
    private readonly Draining _draining = new(TimeSpan.Zero);
    private readonly OpenRequests _requests;
    private readonly TokenFollower _follower;

    public TokenFollowerTests()
    {
        var time = TimeProvider.System;
        _logs = LoggerFactory.Create(logging => logging.AddProvider(new QueueLoggerProvider(_lines)));
        var grants = new CurrentGrants(_directory, new GrantFactory(_directory, ProviderCatalogBuilder.Build(new Dictionary<string, ProviderOptions>())));
        _requests = new OpenRequests(_directory, Inspected.Options, _draining, new SlowReaders(new ConnectionOptions(), time), time);
        _follower = new TokenFollower(_requests, grants, _directory, time, _logs.CreateLogger<TokenFollower>());
    }

    public async ValueTask InitializeAsync()
    {
        await _requests.StartAsync(CancellationToken.None);
        await _follower.StartAsync(CancellationToken.None);
    }

    public async ValueTask DisposeAsync()
    {
        await _follower.StopAsync(CancellationToken.None);
        await _requests.StopAsync(CancellationToken.None);
        _follower.Dispose();
        _requests.Dispose();
        _draining.Dispose();
        _logs.Dispose();
    }

    [Fact]
    [Trait("threat", "fault-16")]
    public async Task A_request_whose_token_was_revoked_before_it_could_be_found_ends()
    {
        using var request = Proved();
        // Between its proof and its entry: who hears of the change finds no request.
        _directory.Put(OneToken.Make(isRevoked: true));

        var open = Enter(request);

        await EndsAsync(open, EndReason.TokenRevoked);
    }

    [Fact]
    public async Task A_request_of_a_token_that_did_not_change_is_not_looked_at()
    {
        using var request = Proved();
        var open = Enter(request);
        await Task.Delay(200, TestContext.Current.CancellationToken);
        Assert.Equal((0, EndReason.None), (_directory.Lookups, open.Reason));
        _requests.Leave(open);
    }

    [Fact]
    public async Task What_became_of_a_token_is_found_out_when_the_directory_is_back()
    {
        using var request = Proved();
        var open = Enter(request);
        _directory.IsAway = true;
        _directory.Put(OneToken.Make(expiresAt: TimeProvider.System.GetUtcNow().AddMilliseconds(-1)));
        await Product.EventuallyAsync(() => Task.FromResult(_directory.Lookups > 0), "it is looked for");
        Assert.Equal(EndReason.None, open.Reason);

        _directory.IsAway = false;

        await EndsAsync(open, EndReason.TokenExpired);
    }

    [Fact]
    [Trait("threat", "fault-16")]
    public async Task What_nobody_thought_of_is_told_and_what_became_of_a_token_is_found_out_after_it()
    {
        using var request = Proved();
        var open = Enter(request);
        _directory.IsFaulty = true;
        _directory.Put(OneToken.Make(isRevoked: true));
        await Product.EventuallyAsync(() => Task.FromResult(_lines.Any(line => line.StartsWith("Error", StringComparison.Ordinal) && line.Contains("scripted", StringComparison.Ordinal))), "it is told");
        Assert.Equal(EndReason.None, open.Reason);

        _directory.IsFaulty = false;

        // Though nothing changes any more.
        await EndsAsync(open, EndReason.TokenRevoked);
    }

    [Fact]
    [Trait("threat", "fault-16")]
    public async Task One_token_that_can_t_be_looked_up_keeps_no_other_from_being_followed()
    {
        var odd = TokenHash.Of("another");
        // On either side of it, whichever is looked at first.
        using ProxyRequest before = Proved(), faulty = Proved(odd), after = Proved();
        var (first, second, last) = (Enter(before), Enter(faulty), Enter(after));
        _directory.FaultyAt = odd;

        _directory.Put(OneToken.Make(isRevoked: true));

        await EndsAsync(first, EndReason.TokenRevoked);
        await EndsAsync(last, EndReason.TokenRevoked);
        Assert.Equal(EndReason.None, second.Reason);
        _requests.Leave(second);
    }

    private ProxyRequest Proved(TokenHash hash = default) => new(new DefaultHttpContext(), "req_1", 0)
    {
        DirectoryVersion = _directory.Version,
        Token = new AuthenticatedToken(OneToken.Grant, null!, new Load(), hash),
    };

    private OpenRequest Enter(ProxyRequest request)
    {
        var open = _requests.Enter(request.Token.Grant.TokenId, request.Token.Grant.ExpiresAt);
        open.Request = request;
        _follower.Entered(request);
        return open;
    }

    private async Task EndsAsync(OpenRequest open, EndReason reason)
    {
        await Product.EventuallyAsync(() => Task.FromResult(open.Reason == reason), "it ends");
        _requests.Leave(open);
    }

    private sealed class OneToken : IDirectory
    {
        private Grant _grant = Grant;
        private int _lookups;

        public static Grant Grant { get; } = Make();

        public event Action<DirectoryChange>? Changed;

        public long Version { get; private set; }

        public bool IsAway { get; set; }

        public bool IsFaulty { get; set; }

        public TokenHash? FaultyAt { get; set; }

        public int Lookups => Volatile.Read(ref _lookups);

        public SigningKeySet SigningKeys => SigningKeySet.Empty;

        public PriceTable Prices => Inspected.Prices;

        public static Grant Make(bool isRevoked = false, DateTimeOffset? expiresAt = null) =>
            new() { TokenId = "tok_1", Kind = TokenKind.Proxy, Scope = Scope.Unbounded, IsRevoked = isRevoked, ExpiresAt = expiresAt };

        public void Put(Grant grant)
        {
            _grant = grant;
            Version++;
            Changed?.Invoke(new DirectoryChange(grant.TokenId));
        }

        public ValueTask<Grant?> FindProxyTokenAsync(TokenHash hash, CancellationToken cancellationToken)
        {
            Interlocked.Increment(ref _lookups);
            if (IsFaulty || FaultyAt?.Equals(hash) == true)
            {
                throw new InvalidTimeZoneException("scripted");
            }
            return IsAway ? throw new DirectoryUnavailableException("It is away.") : new(_grant);
        }

        public ValueTask<Grant?> FindSessionTokenAsync(string jti, CancellationToken cancellationToken) => new((Grant?)null);

        public bool IsRevoked(string jti) => false;

        public ImmutableArray<Limit> LimitsOfProject(string projectId) => [];

        public Features FeaturesOfProject(string projectId) => Features.None;

        public ImmutableArray<Credential> CredentialsOf(string provider) => [];
    }
}
