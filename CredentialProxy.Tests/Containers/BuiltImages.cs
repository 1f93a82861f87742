using System.Diagnostics;
using CredentialProxy.Tests.Architecture;

namespace CredentialProxy.Tests.Containers;

/// <summary>All our images, built once, by what the documents tell to type, out of what was compiled before. They go away with the test.</summary>
public sealed class BuiltImages : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(15);

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("credential-proxy-images-");
    private readonly Dictionary<string, BuiltImage> _images = [];

    /// <summary>Where an image's layers lie.</summary>
    public string RootOf(string image) => Path.Combine(_directory.FullName, image);

    /// <summary>A directory that goes away with the images.</summary>
    public string NewDirectory(string name) => _directory.CreateSubdirectory(name).FullName;

    internal BuiltImage this[string image] => _images[image];

    public async ValueTask InitializeAsync()
    {
        await using var registry = await BaseImageRegistry.StartAsync();
        var configuration = AppContext.BaseDirectory.Contains("/Debug/", StringComparison.Ordinal) ? "Debug" : "Release";
        var archives = NewDirectory("archives");
        string[] arguments = ["build", "eng/images.proj", "--nologo", "-v", "quiet", "-nodeReuse:false", "--no-restore", "-p:NoBuild=true", $"-p:Configuration={configuration}", $"-p:ImageArchives={archives}", $"-p:ContainerBaseImage={registry.Image}"];
        var start = new ProcessStartInfo("dotnet", arguments) { WorkingDirectory = Repository.Root, RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["DOTNET_CLI_TELEMETRY_OPTOUT"] = "1";
        using var build = Process.Start(start)!;
        using var patience = new CancellationTokenSource(Patience);
        var said = await Task.WhenAll(build.StandardOutput.ReadToEndAsync(patience.Token), build.StandardError.ReadToEndAsync(patience.Token));
        await build.WaitForExitAsync(patience.Token);
        Assert.True(build.ExitCode == 0, string.Concat(said));
        foreach (var archive in Directory.GetFiles(archives))
        {
            var name = Path.GetFileName(archive).Split('.')[0];
            _images[name] = BuiltImage.Open(archive, RootOf(name));
        }
    }

    public ValueTask DisposeAsync()
    {
        _directory.Delete(recursive: true);
        return default;
    }
}
