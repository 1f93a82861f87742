using System.Runtime.CompilerServices;

namespace CredentialProxy.Tests.Documentation;

public sealed class EndpointsDocumentTests
{
    [Fact]
    public async Task The_endpoints_document_says_what_the_tables_say()
    {
        var path = Path.Combine(Path.GetDirectoryName(Here())!, "..", "..", "docs", "endpoints.md");
        var expected = EndpointsDocument.Write();
        if (Environment.GetEnvironmentVariable("UPDATE_DOCS") == "1")
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            await File.WriteAllTextAsync(path, expected, TestContext.Current.CancellationToken);
        }
        var actual = (await File.ReadAllTextAsync(path, TestContext.Current.CancellationToken)).ReplaceLineEndings("\n");
        if (expected != actual)
        {
            Assert.Fail($"docs/endpoints.md has drifted from the tables at line {FirstDifference(expected, actual)}: run this test with UPDATE_DOCS=1.");
        }
    }

    private static int FirstDifference(string expected, string actual)
    {
        var (left, right) = (expected.Split('\n'), actual.Split('\n'));
        return 1 + Enumerable.Range(0, Math.Max(left.Length, right.Length)).First(i => left.ElementAtOrDefault(i) != right.ElementAtOrDefault(i));
    }

    private static string Here([CallerFilePath] string path = "") => path;
}
