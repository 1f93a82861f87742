using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace CredentialProxy.Tests.Architecture;

/// <summary>Files and methods stay small enough to be read at a glance. The figures below may be lowered, never raised.</summary>
public sealed class SizeTests
{
    private const int LongFile = 170;
    private const int LongMethod = 70;
    private const int PercentOfLongFiles = 10;
    private const int LongMethods = 0;
    private const int LongestFile = 300;

    [Fact]
    public void Nine_files_in_ten_are_short_and_none_is_endless()
    {
        var files = Repository.ProductSources.Select(file => (Name: Repository.Relative(file), Lines: File.ReadLines(file).Count())).ToList();
        var longOnes = files.Where(file => file.Lines > LongFile).OrderByDescending(file => file.Lines).ToList();
        Assert.True(100 * longOnes.Count <= PercentOfLongFiles * files.Count, $"{longOnes.Count} of {files.Count} files are longer than {LongFile} lines:\n{string.Join('\n', longOnes)}");
        Assert.All(longOnes, file => Assert.InRange(file.Lines, 0, LongestFile));
    }

    [Fact]
    public void No_method_is_long()
    {
        var longOnes = Repository.Sources.SelectMany(file => Repository.Parse(file).DescendantNodes()).Where(node => node is BaseMethodDeclarationSyntax or LocalFunctionStatementSyntax or AccessorDeclarationSyntax)
            .Select(node => (Place: Repository.Place(node), Lines: LinesOf(node))).Where(method => method.Lines > LongMethod).ToList();
        Assert.True(longOnes.Count <= LongMethods, string.Join('\n', longOnes));
    }

    // Without the comment before it, which may be as long as it is useful.
    private static int LinesOf(SyntaxNode node)
    {
        var span = node.GetLocation().GetLineSpan();
        return span.EndLinePosition.Line - span.StartLinePosition.Line + 1;
    }
}
