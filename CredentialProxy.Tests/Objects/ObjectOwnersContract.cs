using CredentialProxy.Core.Objects;
using Microsoft.Extensions.Time.Testing;

namespace CredentialProxy.Tests.Objects;

/// <summary>What whoever remembers the owners of objects must do.</summary>
public abstract class ObjectOwnersContract : IAsyncLifetime
{
    protected static readonly StoredObject File1 = new("openai", "file", "file-1");

    protected static ObjectOwnersOptions Options { get; } = new() { KeptDays = 100, MaxPerOwner = 100 };

    protected static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    protected FakeTimeProvider Time { get; } = new(TimeProvider.System.GetUtcNow());

    protected abstract IObjectOwners Owners { get; }

    public abstract ValueTask InitializeAsync();

    public abstract ValueTask DisposeAsync();

    /// <summary>Others take their place, who have nothing in memory.</summary>
    protected abstract Task RestartAsync();

    [Fact]
    [Trait("threat", "fault-15")]
    public async Task An_object_belongs_to_its_owner_and_to_nobody_else()
    {
        await RememberAsync("token:a", File1);

        Assert.True(await OwnsAsync("token:a", File1));
        Assert.False(await OwnsAsync("token:b", File1));
        Assert.False(await OwnsAsync("project:a", File1));
        Assert.False(await OwnsAsync("token:a", File1 with { Id = "file-2" }));
        Assert.False(await OwnsAsync("token:a", File1 with { Id = "FILE-1" }));
        Assert.False(await OwnsAsync("token:a", File1 with { Kind = "batch" }));
        Assert.False(await OwnsAsync("token:a", File1 with { Provider = "anthropic" }));
        Assert.False(await OwnsAsync("token:a", File1 with { Id = "" }));
        Assert.False(await OwnsAsync("token:a", File1 with { Id = new string('x', StoredObject.MaxIdLength + 1) }));
    }

    [Fact]
    public async Task What_was_remembered_is_there_after_a_restart_and_what_was_forgotten_is_not()
    {
        var other = File1 with { Id = "file-2" };
        await RememberAsync("token:a", File1, other);
        await Owners.ForgetAsync("token:a", other, Cancellation);
        await RestartAsync();

        Assert.True(await OwnsAsync("token:a", File1));
        Assert.False(await OwnsAsync("token:a", other));
    }

    [Fact]
    public async Task Forgetting_is_seen_at_once_and_touches_nobody_else()
    {
        var other = File1 with { Id = "file-2" };
        await RememberAsync("token:a", File1);
        await RememberAsync("token:b", other);
        Assert.True(await OwnsAsync("token:a", File1));

        await Owners.ForgetAsync("token:b", File1, Cancellation);
        Assert.True(await OwnsAsync("token:a", File1));
        await Owners.ForgetAsync("token:a", File1, Cancellation);

        Assert.False(await OwnsAsync("token:a", File1));
        Assert.True(await OwnsAsync("token:b", other));
    }

    [Fact]
    [Trait("threat", "fault-15")]
    public async Task What_is_somebody_s_does_not_become_somebody_else_s_by_being_named()
    {
        var mine = File1 with { Id = "file-2" };
        await RememberAsync("token:a", File1);
        await RememberAsync("token:b", File1, mine);
        Assert.False(await OwnsAsync("token:b", File1));
        Assert.True(await OwnsAsync("token:b", mine));

        // Nor for whoever asks after a restart, when nothing is in memory.
        await RestartAsync();
        Assert.False(await OwnsAsync("token:b", File1));
        Assert.True(await OwnsAsync("token:a", File1));

        // An id of another provider's or kind is another object; and one that was forgotten is nobody's.
        await RememberAsync("token:b", File1 with { Provider = "anthropic" }, File1 with { Kind = "batch" });
        Assert.True(await OwnsAsync("token:b", File1 with { Provider = "anthropic" }));
        Assert.True(await OwnsAsync("token:b", File1 with { Kind = "batch" }));
        await Owners.ForgetAsync("token:a", File1, Cancellation);
        await RememberAsync("token:b", File1);
        Assert.True(await OwnsAsync("token:b", File1));
    }

    [Theory]
    [InlineData(0, 100)]
    [InlineData(31, 31)]
    [InlineData(365, 100)]
    public async Task An_object_is_its_owner_s_for_its_days_or_those_of_the_setting(int keptDays, int days)
    {
        await Owners.RememberAsync("token:a", [new OwnedObject(File1, keptDays)], Cancellation);

        Time.Advance(TimeSpan.FromDays(days) - TimeSpan.FromSeconds(1));
        Assert.True(await OwnsAsync("token:a", File1));
        Time.Advance(TimeSpan.FromSeconds(1));
        Assert.False(await OwnsAsync("token:a", File1));
        // It is nobody's any more.
        await RememberAsync("token:b", File1);
        Assert.True(await OwnsAsync("token:b", File1));
    }

    protected async Task RememberAsync(string owner, params StoredObject[] objects) => await Owners.RememberAsync(owner, [.. objects.Select(stored => new OwnedObject(stored, 0))], Cancellation);

    protected async Task<bool> OwnsAsync(string owner, StoredObject stored) => await Owners.OwnsAsync(owner, stored, Cancellation);
}
