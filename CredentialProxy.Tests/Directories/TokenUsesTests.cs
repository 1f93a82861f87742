using CredentialProxy.Core.Directories;
using CredentialProxy.Core.Storage;
using CredentialProxy.Tests.Storage;
using Microsoft.EntityFrameworkCore;

namespace CredentialProxy.Tests.Directories;

public sealed class TokenUsesTests
{
    private static readonly DateTimeOffset Time = new(2026, 11, 24, 12, 0, 0, TimeSpan.Zero);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_last_use_is_written_and_nothing_else_of_the_row()
    {
        using var storage = await TemporaryStorage.CreateAsync();
        await storage.ChangeAsync(context => context.Tokens.Add(new TokenRow { Id = "tok_1", Kind = "proxy", LastFour = "abcd", CreatedAt = Time }));
        var uses = new TokenUses(storage);
        uses.Note("tok_1", Time);
        uses.Note("tok_1", Time.AddMinutes(1));
        await storage.ChangeAsync(context => context.Tokens.Single().RevokedAt = Time);

        await uses.WriteAsync(Cancellation);

        await using var context = storage.CreateDbContext();
        var row = await context.Tokens.SingleAsync(Cancellation);
        Assert.Equal((Time.AddMinutes(1), Time), (row.LastUsedAt, row.RevokedAt));
    }

    [Fact]
    public async Task A_deleted_token_does_not_come_back()
    {
        using var storage = await TemporaryStorage.CreateAsync();
        await storage.ChangeAsync(context => context.Tokens.Add(new TokenRow { Id = "tok_1", Kind = "proxy", LastFour = "abcd", CreatedAt = Time }));
        var uses = new TokenUses(storage);
        uses.Note("tok_1", Time);
        await storage.ChangeAsync(context => context.Tokens.Remove(context.Tokens.Single()));

        await uses.WriteAsync(Cancellation);

        await using var context = storage.CreateDbContext();
        Assert.False(await context.Tokens.AnyAsync(Cancellation));
    }

    [Fact]
    public async Task A_use_is_written_once()
    {
        using var storage = await TemporaryStorage.CreateAsync();
        await storage.ChangeAsync(context => context.Tokens.Add(new TokenRow { Id = "tok_1", Kind = "proxy", LastFour = "abcd", CreatedAt = Time }));
        var uses = new TokenUses(storage);
        uses.Note("tok_1", Time);
        await uses.WriteAsync(Cancellation);
        await storage.ChangeAsync(context => context.Tokens.Single().LastUsedAt = null);

        await uses.WriteAsync(Cancellation);

        await using var context = storage.CreateDbContext();
        Assert.Null((await context.Tokens.SingleAsync(Cancellation)).LastUsedAt);
    }
}
