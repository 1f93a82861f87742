using CredentialProxy.Admin.Issuing;
using CredentialProxy.Core.Storage;

namespace CredentialProxy.Tests.Issuing;

/// <summary>In which order keys sign, and until when they prove.</summary>
public sealed class SigningKeyLineTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 24, 12, 0, 0, TimeSpan.Zero);
    private static readonly TimeSpan Week = TimeSpan.FromDays(7);

    [Fact]
    public void The_last_whose_time_has_come_signs_and_one_proves_for_as_long_as_what_it_signed_may_live()
    {
        var (a, b) = (Key("a", Now), Key("b", Now.AddMinutes(5)));
        var line = Line();
        line.Append(a);
        line.Append(b);

        Assert.Equal((a, a, b), (line.SigningAt(Now), line.SigningAt(b.ActivatesAt.AddTicks(-1)), line.SigningAt(b.ActivatesAt)));
        Assert.Null(line.SigningAt(Now.AddTicks(-1)));
        Assert.True(a.ExpiresAt > b.ActivatesAt + Week);
        Assert.Equal((1, null, 0), (a.Version, b.ExpiresAt, b.Version));
    }

    [Fact]
    public void A_retired_key_that_signs_gives_way_to_the_next_at_once()
    {
        var (a, b) = (Key("a", Now.AddDays(-1)), Key("b", Now.AddMinutes(5)));
        var line = Line(a, b);

        Assert.True(line.TryRetire(a, Now));

        Assert.Equal((Now, b, Now), (a.RetiredAt, line.SigningAt(Now), b.ActivatesAt));
        Assert.Equal(1, line.Count);
    }

    [Fact]
    public void Without_a_next_one_must_be_made_and_an_older_one_does_not_sign_again()
    {
        var (a, b) = (Key("a", Now.AddDays(-2)), Key("b", Now.AddDays(-1)));
        var line = Line();
        line.Append(a);
        line.Append(b);
        var end = a.ExpiresAt;

        Assert.False(line.TryRetire(b, Now));
        line.Append(Key("c", Now));

        Assert.Equal("c", line.SigningAt(Now)!.Id);
        Assert.Equal(end, a.ExpiresAt);
    }

    [Fact]
    public void One_that_was_to_come_and_is_retired_leaves_the_one_before_without_an_end()
    {
        var (a, b) = (Key("a", Now.AddDays(-2)), Key("b", Now.AddDays(1)));
        var line = Line();
        line.Append(a);
        line.Append(b);

        Assert.True(line.TryRetire(b, Now));

        Assert.Equal((a, null), (line.SigningAt(Now.AddDays(2)), a.ExpiresAt));
    }

    [Fact]
    public void One_that_only_proves_and_is_retired_changes_nothing_else()
    {
        var (a, b) = (Key("a", Now.AddDays(-2)), Key("b", Now.AddDays(-1)));
        var line = Line();
        line.Append(a);
        line.Append(b);

        Assert.True(line.TryRetire(a, Now));

        Assert.Equal((b, null, 0), (line.SigningAt(Now), b.ExpiresAt, b.Version));
    }

    private static SigningKeyLine Line(params SigningKeyRow[] rows) => new(rows, Week);

    private static SigningKeyRow Key(string id, DateTimeOffset activatesAt) => new() { Id = id, Algorithm = "ES256", SealedPrivateKey = "", CreatedAt = activatesAt, ActivatesAt = activatesAt };
}
