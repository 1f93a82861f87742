using System.Formats.Tar;
using System.IO.Compression;
using System.Text.Json.Nodes;

namespace CredentialProxy.Tests.Containers;

/// <summary>An image in a file, as container engines load it: how it is run, and what it holds.</summary>
internal sealed class BuiltImage
{
    private BuiltImage(JsonNode manifest, JsonNode config, IReadOnlyList<string> files)
    {
        Tags = [.. manifest[0]!["RepoTags"]!.AsArray().Select(tag => (string)tag!)];
        Execution = config["config"]!;
        Files = files;
    }

    /// <summary>Its names.</summary>
    public IReadOnlyList<string> Tags { get; }

    /// <summary>How it is run.</summary>
    public JsonNode Execution { get; }

    /// <summary>Paths of its files.</summary>
    public IReadOnlyList<string> Files { get; }

    /// <summary>Its environment.</summary>
    public IReadOnlyDictionary<string, string> Environment =>
        Execution["Env"]!.AsArray().Select(variable => ((string)variable!).Split('=', 2)).ToDictionary(pair => pair[0], pair => pair[1]);

    /// <summary>What it starts.</summary>
    public IReadOnlyList<string> Command =>
        [.. new[] { Execution["Entrypoint"], Execution["Cmd"] }.Where(part => part is not null).SelectMany(part => part!.AsArray()).Select(word => (string)word!)];

    /// <summary>Reads one, and lays its layers one upon the other in a directory.</summary>
    public static BuiltImage Open(string archive, string root)
    {
        var parts = new Dictionary<string, byte[]>();
        using var file = File.OpenRead(archive);
        using var tar = new TarReader(file);
        while (tar.GetNextEntry(copyData: true) is { } entry)
        {
            if (entry.DataStream is { } data)
            {
                using var content = new MemoryStream();
                data.CopyTo(content);
                parts[entry.Name] = content.ToArray();
            }
        }
        var manifest = JsonNode.Parse(parts["manifest.json"])!;
        var files = manifest[0]!["Layers"]!.AsArray().SelectMany(layer => Lay(parts[(string)layer!], root)).ToList();
        return new BuiltImage(manifest, JsonNode.Parse(parts[(string)manifest[0]!["Config"]!])!, files);
    }

    private static List<string> Lay(byte[] layer, string root)
    {
        var files = new List<string>();
        using var gzip = new GZipStream(new MemoryStream(layer), CompressionMode.Decompress);
        using var tar = new TarReader(gzip);
        while (tar.GetNextEntry() is { } entry)
        {
            var path = Path.Combine(root, entry.Name.TrimStart('/', '.').TrimEnd('/'));
            if (entry.EntryType is TarEntryType.Directory)
            {
                Directory.CreateDirectory(path);
                continue;
            }
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            entry.ExtractToFile(path, overwrite: true);
            files.Add(Path.GetRelativePath(root, path));
        }
        return files;
    }
}
