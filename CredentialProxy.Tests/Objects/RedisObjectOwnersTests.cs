using CredentialProxy.Core.Limits.Redis;
using CredentialProxy.Core.Objects;
using CredentialProxy.Core.Objects.Redis;
using CredentialProxy.Tests.Running;
using Microsoft.Extensions.Logging.Abstractions;
using StackExchange.Redis;

namespace CredentialProxy.Tests.Objects;

public sealed class RedisObjectOwnersTests : ObjectOwnersContract
{
    private readonly string _name = "t" + Guid.NewGuid().ToString("N");
    private ConnectionMultiplexer _connection = null!;
    private readonly List<RedisObjectOwners> _opened = [];
    private RedisObjectOwners _owners = null!;

    protected override IObjectOwners Owners => _owners;

    public override async ValueTask InitializeAsync()
    {
        _connection = await ConnectionMultiplexer.ConnectAsync(RedisConnection.Configure((await RedisServer.SharedAsync()).Address));
        _owners = Open();
    }

    public override async ValueTask DisposeAsync()
    {
        foreach (var owners in _opened)
        {
            await owners.DisposeAsync();
        }
        await _connection.DisposeAsync();
    }

    protected override Task RestartAsync()
    {
        _owners = Open();
        return Task.CompletedTask;
    }

    [Fact]
    public async Task What_another_gateway_has_forgotten_is_seen_within_a_moment()
    {
        var other = Open();
        await RememberAsync("token:a", File1);
        Assert.True(await other.OwnsAsync("token:a", File1, Cancellation));

        await Owners.ForgetAsync("token:a", File1, Cancellation);
        Time.Advance(TimeSpan.FromMilliseconds(600));

        Assert.False(await other.OwnsAsync("token:a", File1, Cancellation));
    }

    [Fact]
    [Trait("threat", "avail-4")]
    public async Task Of_more_than_an_owner_may_have_the_oldest_are_forgotten()
    {
        await RememberAsync("token:b", File1);
        for (var i = 0; i < 103; i++)
        {
            await RememberAsync("token:a", File1 with { Id = $"file-{i}" });
            Time.Advance(TimeSpan.FromMilliseconds(10));
        }
        await RestartAsync();

        Assert.False(await OwnsAsync("token:a", File1 with { Id = "file-2" }));
        Assert.True(await OwnsAsync("token:a", File1 with { Id = "file-3" }));
        Assert.True(await OwnsAsync("token:b", File1));
        // Nor does what is forgotten stay anybody's.
        await RememberAsync("token:b", File1 with { Id = "file-0" });
        Assert.True(await OwnsAsync("token:b", File1 with { Id = "file-0" }));
    }

    [Fact]
    public async Task Without_redis_it_is_told_and_names_that_hold_anything_stay_apart()
    {
        await RememberAsync("project:a 1:b", File1);
        Assert.False(await OwnsAsync("project:a", File1));
        Assert.True(await OwnsAsync("project:a 1:b", File1));

        await _connection.CloseAsync();
        await Assert.ThrowsAsync<ObjectOwnersUnavailableException>(() => RememberAsync("token:a", File1));
        await Assert.ThrowsAsync<ObjectOwnersUnavailableException>(async () => await OwnsAsync("token:c", File1));
    }

    private RedisObjectOwners Open()
    {
        _opened.Add(new RedisObjectOwners(_connection, new RedisQuotaOptions { Name = _name, BeginsEmpty = true }, Options, Time, NullLogger<RedisObjectOwners>.Instance));
        return _opened[^1];
    }
}
