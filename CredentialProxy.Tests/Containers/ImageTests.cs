using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using System.Xml.Linq;
using CredentialProxy.Tests.Architecture;
using CredentialProxy.Tests.Running;

namespace CredentialProxy.Tests.Containers;

/// <summary>The images that are deployed: what is in them, what they start, and that it runs.</summary>
public sealed class ImageTests(BuiltImages images) : IClassFixture<BuiltImages>
{
    private static readonly string Version = XDocument.Parse(Repository.Read("Directory.Build.props")).Descendants("Version").Single().Value;

    // What no image may hold: sources, stores, keys, and the settings of whoever built it.
    private static readonly string[] MustNotEndIn = [".cs", ".csproj", ".db", ".db-wal", ".pem", ".pfx", ".key", ".env", "demo.json", "secrets.json", "appsettings.Development.json"];

    [Theory]
    [InlineData("gateway", "Gateway", "8080/tcp")]
    [InlineData("admin", "Admin", "8081/tcp")]
    [InlineData("standalone", "Standalone", "8080/tcp", "8081/tcp")]
    [InlineData("mock-provider", "MockProvider", "8082/tcp")]
    public void An_image_says_what_it_is_and_starts_its_program_as_nobody_special(string image, string program, params string[] ports)
    {
        var built = images[image];
        Assert.Equal([$"credential-proxy/{image}:{Version}"], built.Tags);
        Assert.Equal(Version, (string?)built.Execution["Labels"]!["org.opencontainers.image.version"]);
        Assert.Equal("MIT", (string?)built.Execution["Labels"]!["org.opencontainers.image.licenses"]);
        Assert.Equal("1654", (string?)built.Execution["User"]);
        Assert.Equal(["dotnet", $"/app/CredentialProxy.{program}.dll"], built.Command);
        Assert.Equal(ports, built.Execution["ExposedPorts"]!.AsObject().Select(port => port.Key).Order(StringComparer.Ordinal));
        Assert.Equal("0.0.0.0", built.Environment["HOST"]);
        Assert.Equal("0", built.Environment["DOTNET_EnableDiagnostics"]);
        Assert.DoesNotContain(built.Environment.Keys, name => name.EndsWith("_KEY", StringComparison.Ordinal) || name.EndsWith("_SECRET", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("gateway", "CredentialProxy.Gateway.dll", "CredentialProxy.Core.dll", "Yarp.ReverseProxy.dll")]
    [InlineData("admin", "CredentialProxy.Admin.dll", "CredentialProxy.Core.dll", "Npgsql.dll")]
    [InlineData("standalone", "CredentialProxy.Standalone.dll", "CredentialProxy.Gateway.dll", "CredentialProxy.Admin.dll")]
    [InlineData("mock-provider", "CredentialProxy.MockProvider.dll")]
    public void An_image_holds_its_program_and_nothing_of_whoever_built_it(string image, params string[] files)
    {
        Assert.Subset(images[image].Files.ToHashSet(), files.Select(file => $"app/{file}").ToHashSet());
        Assert.DoesNotContain(images[image].Files, file => MustNotEndIn.Any(end => file.EndsWith(end, StringComparison.OrdinalIgnoreCase)));
        // No program of the control plane's way to Postgres in what faces agents.
        Assert.Equal(image is "admin" or "standalone", images[image].Files.Contains("app/Npgsql.dll"));
    }

    [Fact]
    public void What_is_built_on_has_no_shell()
    {
        var targets = XDocument.Parse(Repository.Read("Directory.Build.targets"));
        Assert.EndsWith("-chiseled", targets.Descendants("ContainerBaseImage").Single().Value, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Standalone_serves_out_of_its_image_and_writes_to_its_volume_alone()
    {
        var before = Everything("standalone");
        // Its settings, with another directory in the place of the volume.
        var volume = images.NewDirectory("volume");
        var (data, temporary) = (images["standalone"].Environment["CREDENTIAL_PROXY_DATA"].Replace("/home/app", volume, StringComparison.Ordinal), images["standalone"].Environment["TMPDIR"].Replace("/home/app", volume, StringComparison.Ordinal));
        await using var process = Start("standalone", ["--demo"], ("PORT", "0"), ("CONTROL_PORT", "0"), ("MOCK_PORT", "0"), ("CREDENTIAL_PROXY_DATA", data), ("TMPDIR", temporary));
        await process.PrintedAsync("CredentialProxy is ready");
        var demo = JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(data, "demo.json"), TestContext.Current.CancellationToken))!;
        using var client = new HttpClient(new SocketsHttpHandler { UseProxy = false });
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", (string)demo["proxyToken"]!);
        using var answer = await client.PostAsJsonAsync(
            new Uri((string)demo["gateway"]! + "/openai/v1/chat/completions"), new { model = "gpt-4o-mini", messages = new[] { new { role = "user", content = "Hello" } } }, TestContext.Current.CancellationToken);
        Assert.True(answer.IsSuccessStatusCode, process.Text);
        await process.InterruptAsync();
        Assert.Equal(0, await process.ExitAsync());
        Assert.StartsWith(volume, data, StringComparison.Ordinal);
        Assert.Equal(volume, temporary);
        Assert.Equal(before, Everything("standalone"));
    }

    [Theory]
    [InlineData("gateway", "PORT", "The gateway listens on", "/alive")]
    [InlineData("mock-provider", "PORT", "ready at", "/__captured")]
    public async Task A_program_serves_out_of_its_image_and_writes_nothing(string image, string port, string expected, string path)
    {
        var before = Everything(image);
        await using var process = Start(image, [], (port, "0"), ("ConnectionStrings__redis", "127.0.0.1:1"), ("CREDENTIAL_PROXY_MASTER_KEY", Convert.ToBase64String(new byte[32])));
        var address = (await process.PrintedAsync(expected)).Split(' ', ';').Single(word => word.StartsWith("http", StringComparison.Ordinal));
        using var client = new HttpClient(new SocketsHttpHandler { UseProxy = false });
        using var answer = await client.GetAsync(new Uri(address.Replace("0.0.0.0", "127.0.0.1", StringComparison.Ordinal) + path), TestContext.Current.CancellationToken);
        Assert.True(answer.IsSuccessStatusCode, process.Text);
        await process.InterruptAsync();
        Assert.Equal(0, await process.ExitAsync());
        Assert.Equal(before, Everything(image));
    }

    [Fact]
    public async Task The_control_plane_s_image_migrates()
    {
        var before = Everything("admin");
        await using var postgres = await Storage.TemporaryPostgres.CreateAsync();
        await using var process = Start("admin", ["migrate"], ("ConnectionStrings__postgres", postgres.ConnectionString));
        Assert.Equal(0, await process.ExitAsync());
        Assert.Equal(before, Everything("admin"));
    }

    // By what the image says that it starts, in its environment, and without a place for temporary files, as on a root file system that can't be written.
    private StartedProcess Start(string image, string[] arguments, params (string Name, string Value)[] settings)
    {
        var command = images[image].Command;
        Assert.Equal("dotnet", command[0]);
        var environment = images[image].Environment.Where(variable => variable.Key is not ("PATH" or "HOST") && settings.All(setting => setting.Name != variable.Key)).Select(variable => (variable.Key, variable.Value));
        return StartedProcess.Of(images.RootOf(image) + command[1], arguments, [.. environment, ("TMPDIR", "/nowhere"), .. settings]);
    }

    private List<(string Path, DateTime Written)> Everything(string image) =>
        [.. Directory.EnumerateFileSystemEntries(images.RootOf(image), "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal).Select(path => (path, File.GetLastWriteTimeUtc(path)))];
}
