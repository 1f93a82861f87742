using System.Reflection;
using System.Text.RegularExpressions;
using CredentialProxy.Tests.Architecture;

namespace CredentialProxy.Tests.Documentation;

/// <summary>Every threat of the threat model is held by a test, every test that says it holds one holds one of that page, and the page says which. Set UPDATE_DOCS=1 to have that written anew.</summary>
public sealed partial class ThreatModelTests
{
    private const string Trait = "threat";

    private static string Page { get; } = Path.Combine(Repository.Root, "docs", "threat-model.md");

    private static IReadOnlySet<string> Listed { get; } = Row().Matches(File.ReadAllText(Page)).Select(row => row.Groups[1].Value).ToHashSet();

    // By threat: the tests that hold it, those of a class that holds it as a whole included.
    private static ILookup<string, MethodInfo> Held { get; } = typeof(ThreatModelTests).Assembly.GetTypes()
        .SelectMany(type => type.GetMethods().Where(method => method.IsDefined(typeof(FactAttribute))))
        .SelectMany(method => ThreatsOf(method).Concat(ThreatsOf(method.DeclaringType!)).Distinct().Select(threat => (threat, method)))
        .ToLookup(held => held.threat, held => held.method);

    [Fact]
    public void Every_threat_has_a_test()
    {
        Assert.NotEmpty(Listed);
        Assert.Empty(Listed.Except(Held.Select(held => held.Key)));
    }

    [Fact]
    public void Every_test_s_threat_is_on_the_page() => Assert.Empty(Held.Select(held => held.Key).Except(Listed));

    [Fact]
    public async Task The_page_says_which_tests_hold_each_threat()
    {
        var page = await File.ReadAllTextAsync(Page, TestContext.Current.CancellationToken);
        var expected = Row().Replace(page, row => $"| {row.Groups[1].Value} | {row.Groups[2].Value} | {TestsOf(row.Groups[1].Value)} |");
        if (Environment.GetEnvironmentVariable("UPDATE_DOCS") == "1")
        {
            await File.WriteAllTextAsync(Page, expected, TestContext.Current.CancellationToken);
            page = expected;
        }
        if (page != expected)
        {
            Assert.Fail("The last column of docs/threat-model.md is not what the traits say. CONTRIBUTING.md tells how to have it written anew.");
        }
    }

    [Fact]
    public void The_page_opens_with_what_is_protected_against_whom_and_what_is_not_promised()
    {
        var headings = Heading().Matches(File.ReadAllText(Page)).Select(heading => heading.Groups[1].Value);
        Assert.Equal(["Assets", "Actors", "Promises", "Not promised"], headings.Take(4));
        Assert.Contains("](docs/threat-model.md)", Repository.Read("SECURITY.md"), StringComparison.Ordinal);
    }

    private static IEnumerable<string> ThreatsOf(MemberInfo member) => member.GetCustomAttributes<TraitAttribute>(inherit: false).Where(trait => trait.Name == Trait).Select(trait => trait.Value);

    private static string TestsOf(string threat) => string.Join(", ", Held[threat]
        .GroupBy(method => method.DeclaringType!.Name, StringComparer.Ordinal)
        .OrderBy(group => group.Key, StringComparer.Ordinal)
        .Select(group => $"`{group.Key}` ({group.Count()})"));

    [GeneratedRegex(@"^\| ([a-z]+-\d+) \| (.*?) \|(?: .*)? ?\|$", RegexOptions.Multiline)]
    private static partial Regex Row();

    [GeneratedRegex("^## (.+)$", RegexOptions.Multiline)]
    private static partial Regex Heading();
}
