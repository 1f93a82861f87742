using System.Net;
using CredentialProxy.Core.Judging;
using CredentialProxy.Core.Tokens;
using CredentialProxy.Gateway;
using CredentialProxy.Gateway.Authentication;
using CredentialProxy.Gateway.Connections;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Time.Testing;

namespace CredentialProxy.Tests.Authentication;

[Trait("threat", "avail-4")]
public sealed class FailedTokensTests
{
    private const int Most = 20;

    private readonly FakeTimeProvider _time = new();
    private readonly FailedTokens _failures;

    public FailedTokensTests() =>
        _failures = new FailedTokens(new GatewayOptions { MaxFailedTokensPerAddress = Most }, new ClientAddresses(new ConnectionOptions()), _time);

    [Fact]
    public void So_many_tokens_of_an_address_are_looked_at_and_then_none()
    {
        var guesser = Client("203.0.113.1");
        Assert.Equal(Most, LooksAt(guesser, 1_000));
        var refusal = _failures.Refuse(guesser, Token());
        Assert.Equal((RefusalCode.TooManyFailures, TimeSpan.FromSeconds(1)), (refusal!.Code, refusal.RetryAfter!.Value));
        Assert.Equal(Most, LooksAt(Client("203.0.113.2"), 1_000));
    }

    [Fact]
    public void With_time_more_are_looked_at_a_few_a_second()
    {
        var guesser = Client("203.0.113.1");
        LooksAt(guesser, 1_000);
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(Most / 10, LooksAt(guesser, 1_000));
        _time.Advance(TimeSpan.FromSeconds(60));
        Assert.Equal(Most, LooksAt(guesser, 1_000));
    }

    [Fact]
    public void A_token_that_comes_again_after_a_second_is_looked_at_though_others_wait()
    {
        var (guesser, neighbour) = (Client("203.0.113.1"), Client("203.0.113.1"));
        var token = Token();
        LooksAt(guesser, 1_000);
        Assert.NotNull(_failures.Refuse(neighbour, token));
        Assert.NotNull(_failures.Refuse(neighbour, token));
        _time.Advance(TimeSpan.FromSeconds(1));
        LooksAt(guesser, 1_000);
        Assert.Null(_failures.Refuse(neighbour, token));
        Assert.NotNull(_failures.Refuse(neighbour, Token()));
    }

    [Fact]
    public void Tokens_that_come_again_and_still_prove_nothing_are_bounded_as_well()
    {
        var guesser = Client("203.0.113.1");
        var tokens = Enumerable.Range(0, 1_000).Select(_ => Token()).ToArray();
        var looks = 0;
        for (var second = 0; second < 10; second++)
        {
            foreach (var token in tokens)
            {
                if (_failures.Refuse(guesser, token) is null)
                {
                    _failures.Note(guesser);
                    looks++;
                }
            }
            _time.Advance(TimeSpan.FromSeconds(1));
        }
        // Two vessels full, and what ran out of one within nine seconds.
        Assert.InRange(looks, Most, (2 * Most) + (9 * Most / 10) + 1);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(5)]
    public void Whoever_sends_each_guess_several_times_is_passed_by_who_comes_once_more(int times)
    {
        var (guesser, neighbour) = (Client("203.0.113.1"), Client("203.0.113.1"));
        var waves = new Queue<TokenHash[]>();
        for (var second = 0; second < 30; second++)
        {
            Flood(guesser, waves, times);
            _time.Advance(TimeSpan.FromSeconds(1));
        }
        var token = Token();
        var seconds = 0;
        while (_failures.Refuse(neighbour, token) is not null)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            Flood(guesser, waves, times);
            Assert.InRange(++seconds, 1, times + 1);
        }
    }

    // Two hundred guesses that are new, and those of the last seconds once more.
    private void Flood(HttpContext guesser, Queue<TokenHash[]> waves, int times)
    {
        waves.Enqueue([.. Enumerable.Range(0, 200).Select(_ => Token())]);
        if (waves.Count > times)
        {
            waves.Dequeue();
        }
        foreach (var guess in waves.SelectMany(wave => wave))
        {
            if (_failures.Refuse(guesser, guess) is null)
            {
                _failures.Note(guesser);
            }
        }
    }

    [Fact]
    public void Of_IPv6_a_whole_network_is_one_client()
    {
        Assert.Equal(Most, LooksAt(Client("2001:db8:1:2::1"), 1_000));
        Assert.Equal(0, LooksAt(Client("2001:db8:1:2:ffff::9"), 1_000));
        Assert.Equal(Most, LooksAt(Client("2001:db8:1:3::1"), 1_000));
    }

    [Fact]
    public void A_client_without_an_address_is_not_held_up()
    {
        var context = new DefaultHttpContext();
        Assert.Equal(100, LooksAt(context, 100));
    }

    [Fact]
    public void Behind_a_proxy_that_does_not_say_who_they_are_all_are_one_client()
    {
        var options = new ConnectionOptions();
        options.TrustedProxies.Add("10.0.0.1");
        var failures = new FailedTokens(new GatewayOptions { MaxFailedTokensPerAddress = Most }, new ClientAddresses(options), _time);
        var looks = 0;
        for (var i = 0; i < 1_000; i++)
        {
            var client = Client("10.0.0.1");
            client.Request.Headers["X-Forwarded-For"] = $"nobody-{i}";
            if (failures.Refuse(client, Token()) is null)
            {
                failures.Note(client);
                looks++;
            }
        }
        Assert.Equal(Most, looks);
    }

    private int LooksAt(HttpContext client, int attempts)
    {
        var looks = 0;
        for (var i = 0; i < attempts; i++)
        {
            if (_failures.Refuse(client, Token()) is null)
            {
                _failures.Note(client);
                looks++;
            }
        }
        return looks;
    }

    private static TokenHash Token() => TokenHash.Of(ProxyToken.Generate());

    private static DefaultHttpContext Client(string address)
    {
        var context = new DefaultHttpContext();
        context.Connection.RemoteIpAddress = IPAddress.Parse(address);
        return context;
    }
}
