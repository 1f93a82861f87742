using System.Reflection;
using System.Text.RegularExpressions;
using CredentialProxy.Tests.Architecture;

namespace CredentialProxy.Tests.Documentation;

/// <summary>Every threat of the threat model is held by a test, and every test that says it holds one holds one of that page.</summary>
public sealed partial class ThreatModelTests
{
    private const string Trait = "threat";

    private static IReadOnlySet<string> Listed { get; } =
        Row().Matches(File.ReadAllText(Path.Combine(Repository.Root, "docs", "threat-model.md"))).Select(row => row.Groups[1].Value).ToHashSet();

    private static IReadOnlySet<string> Held { get; } = typeof(ThreatModelTests).Assembly.GetTypes()
        .SelectMany(type => type.GetMethods().Cast<MemberInfo>().Where(method => method.IsDefined(typeof(FactAttribute))).Append(type))
        .SelectMany(member => member.GetCustomAttributes<TraitAttribute>(inherit: false))
        .Where(trait => trait.Name == Trait)
        .Select(trait => trait.Value)
        .ToHashSet();

    [Fact]
    public void Every_threat_has_a_test()
    {
        Assert.NotEmpty(Listed);
        Assert.Empty(Listed.Except(Held));
    }

    [Fact]
    public void Every_test_s_threat_is_on_the_page() => Assert.Empty(Held.Except(Listed));

    [GeneratedRegex(@"^\| ([a-z]+-\d+) \|", RegexOptions.Multiline)]
    private static partial Regex Row();
}
