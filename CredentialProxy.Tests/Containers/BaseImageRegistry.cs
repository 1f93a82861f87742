using System.Formats.Tar;
using System.IO.Compression;
using System.Net;
using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;

namespace CredentialProxy.Tests.Containers;

/// <summary>A registry on this machine that serves one image, in place of the one that images are built on: a user's directory, and nothing else. What we put on top is what tests look at.</summary>
internal sealed class BaseImageRegistry : IAsyncDisposable
{
    // As the registry of the real ones has it: an image comes out in the format of what it is built on.
    private const string ManifestType = "application/vnd.docker.distribution.manifest.v2+json";

    private readonly Dictionary<string, byte[]> _blobs = [];
    private readonly byte[] _manifest;
    private readonly WebApplication _app;

    private BaseImageRegistry()
    {
        var layer = Layer();
        var uncompressed = new MemoryStream();
        using (var gzip = new GZipStream(new MemoryStream(layer), CompressionMode.Decompress))
        {
            gzip.CopyTo(uncompressed);
        }
        var config = JsonSerializer.SerializeToUtf8Bytes(new
        {
            architecture = "amd64",
            os = "linux",
            config = new { Env = new[] { "PATH=/usr/bin", "APP_UID=1654" }, User = "1654" },
            rootfs = new { type = "layers", diff_ids = new[] { DigestOf(uncompressed.ToArray()) } },
            history = Array.Empty<object>(),
        });
        _manifest = JsonSerializer.SerializeToUtf8Bytes(new
        {
            schemaVersion = 2,
            mediaType = ManifestType,
            config = Keep(config, "application/vnd.docker.container.image.v1+json"),
            layers = new[] { Keep(layer, "application/vnd.docker.image.rootfs.diff.tar.gzip") },
        });
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        _app = builder.Build();
        _app.Run(ServeAsync);
    }

    /// <summary>The image, as a project names what it is built on.</summary>
    public string Image => $"localhost:{new Uri(_app.Urls.Single()).Port}/base:1";

    public static async Task<BaseImageRegistry> StartAsync()
    {
        var registry = new BaseImageRegistry();
        await registry._app.StartAsync();
        return registry;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task ServeAsync(HttpContext context)
    {
        var path = context.Request.Path.Value!.Split('/');
        var (body, type) = path switch
        {
            ["", "v2", ""] => ([], "application/json"),
            ["", "v2", "base", "manifests", _] => (_manifest, ManifestType),
            ["", "v2", "base", "blobs", var digest] when _blobs.TryGetValue(digest, out var blob) => (blob, "application/octet-stream"),
            _ => ((byte[]?)null, ""),
        };
        if (body is null)
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return;
        }
        context.Response.ContentType = type;
        context.Response.ContentLength = body.Length;
        context.Response.Headers["Docker-Content-Digest"] = DigestOf(body);
        if (!HttpMethods.IsHead(context.Request.Method))
        {
            await context.Response.Body.WriteAsync(body, context.RequestAborted);
        }
    }

    private object Keep(byte[] blob, string mediaType)
    {
        var digest = DigestOf(blob);
        _blobs[digest] = blob;
        return new { mediaType, digest, size = blob.Length };
    }

    private static byte[] Layer()
    {
        var layer = new MemoryStream();
        using (var gzip = new GZipStream(layer, CompressionLevel.Fastest))
        using (var tar = new TarWriter(gzip, TarEntryFormat.Pax))
        {
            tar.WriteEntry(new PaxTarEntry(TarEntryType.Directory, "home/app/") { Uid = 1654, Gid = 1654 });
        }
        return layer.ToArray();
    }

    private static string DigestOf(byte[] content) => "sha256:" + Convert.ToHexStringLower(SHA256.HashData(content));
}
