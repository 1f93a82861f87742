namespace CredentialProxy.Tests.Leaks;

/// <summary>A crash shows no secret either: not in what the runtime says of it, and not in what is left behind. Memory is another matter, so none of it may be written to a file.</summary>
public sealed class CrashedLeakTests(CrashedProcess crashed) : IClassFixture<CrashedProcess>
{
    [Fact]
    [Trait("threat", "key-5")]
    public void No_secret_is_in_the_text_of_a_crash()
    {
        Assert.Contains("Unhandled exception. System.InvalidOperationException: Brought down by a test.", crashed.Printed, StringComparison.Ordinal);
        Assert.Contains("trce:", crashed.Printed, StringComparison.Ordinal);
        Assert.Empty(crashed.Secrets.FindIn(crashed.Printed));
    }

    [Fact]
    [Trait("threat", "key-5")]
    public void No_secret_is_in_a_file_and_no_memory_was_dumped()
    {
        Assert.Contains("credential-proxy.db-wal", crashed.Files.Keys);
        Assert.DoesNotContain(crashed.Files.Keys, name => name.Contains("core", StringComparison.Ordinal) || name.Contains("dump", StringComparison.Ordinal));
        foreach (var (name, content) in crashed.Files)
        {
            Assert.True(crashed.Secrets.FindIn(content) is [], $"{name}: {string.Join('\n', crashed.Secrets.FindIn(content))}");
        }
    }
}
