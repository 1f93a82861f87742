using System.Text;

namespace CredentialProxy.Tests.Leaks;

/// <summary>
/// No secret turns up anywhere: keys in no log, answer, file or telemetry; tokens there neither, nor upstream. Each claim has its counterpart, which shows that the surface was looked at and
/// that what is there would be found.
/// </summary>
public sealed class LeakTests(LeakRun run) : IClassFixture<LeakRun>
{
    [Fact]
    [Trait("threat", "key-5")]
    public void No_secret_is_in_the_log_at_any_level()
    {
        Assert.Contains("Trace ", run.Log, StringComparison.Ordinal);
        Assert.Contains("CredentialProxy.Gateway.Refusals", run.Log, StringComparison.Ordinal);
        // Exceptions are there, with their stacks.
        Assert.Contains("Error CredentialProxy.Admin", run.Log, StringComparison.Ordinal);
        Assert.Contains("SqliteException", run.Log, StringComparison.Ordinal);
        AssertNothingIn(run.Log);
    }

    [Fact]
    [Trait("threat", "key-5")]
    public void No_secret_is_in_any_answer()
    {
        Assert.Contains("x-credential-proxy-error", run.Answers, StringComparison.Ordinal);
        Assert.Contains("The quick brown fox", run.Answers, StringComparison.Ordinal);
        AssertNothingIn(run.Answers);
    }

    [Fact]
    [Trait("threat", "key-5")]
    public void No_secret_is_in_the_files_of_the_data_directory()
    {
        Assert.Contains("credential-proxy.db", run.Files.Keys);
        // What is no secret is found as it is, so a secret would be.
        Assert.Contains("chosen", run.Files["credential-proxy.db"] + run.Files.GetValueOrDefault("credential-proxy.db-wal"), StringComparison.Ordinal);
        Assert.All(run.Files, file => AssertNothingIn(file.Value));
    }

    [Fact]
    [Trait("threat", "key-5")]
    public void No_secret_is_in_the_telemetry_that_is_exported()
    {
        Assert.Contains("POST", run.Traces, StringComparison.Ordinal);
        Assert.Contains("http.server.request.duration", run.Metrics, StringComparison.Ordinal);
        Assert.Contains("CredentialProxy.Gateway.Refusals", run.ExportedLogs, StringComparison.Ordinal);
        AssertNothingIn(run.Traces);
        AssertNothingIn(run.Metrics);
        AssertNothingIn(run.ExportedLogs);
    }

    [Fact]
    [Trait("threat", "key-5")]
    public void No_token_reaches_the_upstream_and_every_key_does()
    {
        Assert.Empty(run.Tokens.FindIn(run.Upstream));
        Assert.All(run.KeyOf, key =>
        {
            var alone = new Canaries();
            alone.Add(key.Key, key.Value);
            Assert.NotEmpty(alone.FindIn(run.Upstream));
        });
    }

    [Theory]
    [Trait("threat", "key-5")]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void The_search_finds_a_secret_in_every_form(int offset)
    {
        var canaries = new Canaries();
        var secret = canaries.Add("planted", Canaries.New("sk"));
        var before = new string('x', offset);
        var encoded = Convert.ToBase64String(Encoding.UTF8.GetBytes($"{before}{secret} and more"));
        foreach (var text in new[]
        {
            $"key {secret}!", "?key=" + Uri.EscapeDataString(secret), System.Text.Json.JsonSerializer.Serialize(new { key = before + secret }), encoded, encoded.Replace('+', '-').Replace('/', '_'),
            "%3d" + Uri.EscapeDataString(secret).ToLowerInvariant(), Convert.ToHexString(Encoding.UTF8.GetBytes(secret)),
        })
        {
            Assert.Single(canaries.FindIn(text));
        }
        Assert.Empty(canaries.FindIn("sk-nothing of the kind"));
    }

    private void AssertNothingIn(string surface)
    {
        string[] found = [.. run.Keys.FindIn(surface), .. run.Tokens.FindIn(surface)];
        Assert.True(found.Length == 0, string.Join("\n", found));
    }
}
