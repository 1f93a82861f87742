namespace CredentialProxy.Tests.Leaks;

/// <summary>A process that is killed shows no secret either: not in what it printed at its most talkative, and not in the files that nobody has put in order.</summary>
public sealed class KilledLeakTests(KilledProcess killed) : IClassFixture<KilledProcess>
{
    [Fact]
    [Trait("threat", "key-5")]
    public void No_secret_is_printed_at_any_level()
    {
        Assert.Contains("trce:", killed.Printed, StringComparison.Ordinal);
        Assert.Contains("CredentialProxy.Gateway", killed.Printed, StringComparison.Ordinal);
        // The forwarder tells of failed calls with their stacks, where it is let.
        Assert.Contains("HttpRequestException", killed.Printed, StringComparison.Ordinal);
        Assert.Empty(killed.Secrets.FindIn(killed.Printed));
    }

    [Fact]
    [Trait("threat", "key-5")]
    public void No_secret_is_in_a_file_that_was_being_written()
    {
        // What was written last is still in the journal: nobody has closed the file.
        var journal = killed.Files["credential-proxy.db-wal"];
        Assert.Contains("chat.completions", journal, StringComparison.Ordinal);
        Assert.Contains(killed.LastFour, journal + killed.Files["credential-proxy.db"], StringComparison.Ordinal);
        foreach (var (name, content) in killed.Files)
        {
            Assert.True(killed.Secrets.FindIn(content) is [], $"{name}: {string.Join('\n', killed.Secrets.FindIn(content))}");
        }
    }
}
