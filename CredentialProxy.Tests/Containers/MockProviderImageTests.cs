using System.Text.Json;
using System.Text.RegularExpressions;
using CredentialProxy.Tests.Architecture;
using CredentialProxy.Tests.Running;

namespace CredentialProxy.Tests.Containers;

/// <summary>What can be said of the mock provider's image without an engine to build it.</summary>
public sealed partial class MockProviderImageTests
{
    private static readonly string[] Lines = [.. Repository.Read("CredentialProxy.MockProvider/Dockerfile").Split('\n').Select(line => line.Trim()).Where(line => line.Length > 0 && line[0] != '#')];

    [Fact]
    public void Everything_it_is_built_from_is_there_and_is_all_that_the_project_needs()
    {
        var sources = Lines.Where(line => line.StartsWith("COPY ", StringComparison.Ordinal) && !line.Contains("--from", StringComparison.Ordinal)).SelectMany(line => line.Split(' ')[1..^1]).ToList();
        Assert.All(sources, source => Assert.True(Path.Exists(Path.Combine(Repository.Root, source)), source));
        Assert.Superset(new HashSet<string> { "global.json", "Directory.Build.props", "Directory.Build.targets", "Directory.Packages.props", "BannedSymbols.txt", "CredentialProxy.MockProvider/" }, sources.ToHashSet());
        Assert.DoesNotContain("ProjectReference", Repository.Read("CredentialProxy.MockProvider/CredentialProxy.MockProvider.csproj"), StringComparison.Ordinal);
    }

    [Fact]
    public void It_does_not_run_as_root_and_has_no_shell()
    {
        Assert.Equal("USER $APP_UID", Lines.Last(line => line.StartsWith("USER ", StringComparison.Ordinal)));
        Assert.EndsWith("-chiseled", Lines.Last(line => line.StartsWith("FROM ", StringComparison.Ordinal)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_it_starts_serves()
    {
        var command = JsonSerializer.Deserialize<string[]>(Lines.Single(line => line.StartsWith("ENTRYPOINT ", StringComparison.Ordinal))["ENTRYPOINT ".Length..])!;
        Assert.Equal("dotnet", command[0]);
        var settings = Lines.Where(line => line.StartsWith("ENV ", StringComparison.Ordinal)).Select(line => line["ENV ".Length..].Split('=')).ToDictionary(pair => pair[0], pair => pair[1]);
        Assert.Contains($"EXPOSE {settings["PORT"]}", Lines);
        Assert.Equal("0.0.0.0", settings["HOST"]);
        await using var process = StartedProcess.Of(Path.Combine(AppContext.BaseDirectory, command[1]), ("HOST", "127.0.0.1"), ("PORT", "0"));
        var address = Address().Match(await process.PrintedAsync("ready at")).Value;
        using var client = new HttpClient();
        Assert.Equal("[]", await client.GetStringAsync(new Uri(address + "/__captured")));
        await process.InterruptAsync();
        Assert.Equal(0, await process.ExitAsync());
    }

    [GeneratedRegex(@"http://\S+")]
    private static partial Regex Address();
}
