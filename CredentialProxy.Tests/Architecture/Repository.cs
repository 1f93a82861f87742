using System.Collections.Concurrent;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace CredentialProxy.Tests.Architecture;

/// <summary>The repository that the tests were built from: its projects, its source files and its documents.</summary>
internal static class Repository
{
    private static readonly string[] NotOurs = ["bin", "obj", "node_modules", ".git", "data", "TestResults", "artifacts"];
    private static readonly ConcurrentDictionary<string, SyntaxNode> Trees = new(StringComparer.Ordinal);

    /// <summary>Its directory.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>The project files.</summary>
    public static IReadOnlyList<string> Projects { get; } = [.. Files("*.csproj").Order(StringComparer.Ordinal)];

    /// <summary>The C# files of the product: all that were written by hand, without tests and measurements.</summary>
    public static IReadOnlyList<string> ProductSources { get; } = [.. Sources.Where(file => !IsOf(file, "CredentialProxy.Tests") && !IsOf(file, "CredentialProxy.AppHost.Tests") && !IsOf(file, "CredentialProxy.Fuzzing") && !IsOf(file, "CredentialProxy.Benchmarks"))];

    /// <summary>Every C# file that was written by hand.</summary>
    public static IEnumerable<string> Sources => Files("*.cs").Where(file => !file.Contains("/Migrations/", StringComparison.Ordinal)).Order(StringComparer.Ordinal);

    /// <summary>The documents.</summary>
    public static IEnumerable<string> Documents => Files("*.md").Order(StringComparer.Ordinal);

    /// <summary>A path from the root on, with '/' between its parts.</summary>
    public static string Relative(string path) => Path.GetRelativePath(Root, path).Replace('\\', '/');

    /// <summary>The text of a file, by its path from the root on.</summary>
    public static string Read(string path) => File.ReadAllText(Path.Combine(Root, path));

    /// <summary>The syntax of a C# file.</summary>
    public static SyntaxNode Parse(string file) => Trees.GetOrAdd(file, path => CSharpSyntaxTree.ParseText(File.ReadAllText(path), path: path).GetRoot());

    /// <summary>Where a node stands, for messages.</summary>
    public static string Place(SyntaxNode node) => $"{Relative(node.SyntaxTree.FilePath)}({node.GetLocation().GetLineSpan().StartLinePosition.Line + 1})";

    private static bool IsOf(string file, string project) => Relative(file).StartsWith(project + "/", StringComparison.Ordinal);

    private static IEnumerable<string> Files(string pattern) =>
        Directory.EnumerateDirectories(Root).Where(directory => !NotOurs.Contains(Path.GetFileName(directory)))
            .SelectMany(directory => FilesBelow(directory, pattern))
            .Concat(Directory.EnumerateFiles(Root, pattern));

    private static IEnumerable<string> FilesBelow(string directory, string pattern) =>
        Directory.EnumerateFiles(directory, pattern).Concat(
            Directory.EnumerateDirectories(directory).Where(below => !NotOurs.Contains(Path.GetFileName(below))).SelectMany(below => FilesBelow(below, pattern)));

    private static string FindRoot()
    {
        var directory = new DirectoryInfo(AppContext.BaseDirectory);
        while (directory is not null && !File.Exists(Path.Combine(directory.FullName, "CredentialProxy.sln")))
        {
            directory = directory.Parent;
        }
        return directory?.FullName ?? throw new InvalidOperationException("The tests do not lie in the repository.");
    }
}
