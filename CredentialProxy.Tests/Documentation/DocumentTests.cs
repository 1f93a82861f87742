using System.Reflection;
using System.Text.RegularExpressions;
using CredentialProxy.Admin;
using CredentialProxy.Core.Limits;
using CredentialProxy.Gateway;
using CredentialProxy.MockProvider;
using CredentialProxy.ServiceDefaults;
using CredentialProxy.Standalone;
using CredentialProxy.Tests.Architecture;

namespace CredentialProxy.Tests.Documentation;

/// <summary>What the documents point to is there.</summary>
public sealed partial class DocumentTests
{
    private static readonly Assembly[] Product =
    [
        typeof(QuotaLedger).Assembly, typeof(GatewayOptions).Assembly, typeof(AdminOptions).Assembly, typeof(StandaloneHost).Assembly, typeof(MockProviderOptions).Assembly,
        typeof(ServiceDefaultsExtensions).Assembly,
    ];

    // Names of others, as the documents write them.
    private static readonly HashSet<string> Foreign =
        ["ArrayPool", "HttpContext", "IHttpForwarder", "IHttpUpgradeFeature", "PipeReader", "ReadOnlySequence", "SocketsHttpHandler", "TimeProvider", "Utf8JsonReader", "WebApplication", "BackgroundService", "QuotaFailure",
            "AddKubernetesEnvironment", "DefaultStorageSize", "DefaultStorageType"];

    public static TheoryData<string> Documents => [.. Repository.Documents.Select(Repository.Relative)];

    [Theory]
    [MemberData(nameof(Documents))]
    public void Every_relative_link_leads_to_a_file(string document)
    {
        var directory = Path.GetDirectoryName(Path.Combine(Repository.Root, document))!;
        var links = Link().Matches(Repository.Read(document)).Select(match => match.Groups[1].Value).Where(link => !link.Contains("://", StringComparison.Ordinal) && !link.StartsWith('#'));
        Assert.All(links, link => Assert.True(Path.Exists(Path.Combine(directory, link.Split('#')[0])), $"{document} points to {link}"));
    }

    [Theory]
    [MemberData(nameof(Documents))]
    public void Every_type_and_member_that_is_named_exists(string document)
    {
        var types = Product.Append(typeof(DocumentTests).Assembly).SelectMany(assembly => assembly.GetTypes()).ToList();
        var names = types.Select(type => type.Name.Split('`')[0])
            .Concat(types.SelectMany(type => type.GetMembers(BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static)).Select(member => member.Name))
            .Concat(types.SelectMany(type => type.Namespace?.Split('.') ?? [])).Concat(Foreign)
            .Concat(Repository.Projects.SelectMany(file => Path.GetFileNameWithoutExtension(file).Split('.'))).ToHashSet(StringComparer.Ordinal);
        var named = Identifier().Matches(Fenced().Replace(Repository.Read(document), "")).SelectMany(match => match.Groups[1].Value.Split('.'));
        Assert.Empty(named.Where(name => !names.Contains(name)).Distinct());
    }

    [Fact]
    public void The_page_on_the_request_path_numbers_and_names_its_steps_as_the_code_does()
    {
        var path = Repository.Read("CredentialProxy.Gateway/RequestPath.cs");
        var inCode = Step().Matches(path).SelectMany(match => match.Groups[1].Value.Split(", ")).ToList();
        Assert.Equal(10, inCode.Count);
        var text = Repository.Read("docs/architecture.md");
        Assert.All(inCode, step => Assert.Contains($"**{step.Split(' ')[0]}. {char.ToUpperInvariant(step.Split(' ')[1][0])}{step.Split(' ')[1][1..]}.**", text, StringComparison.Ordinal));
    }

    [Fact]
    public void Every_decision_is_in_the_index_and_has_its_three_parts()
    {
        var index = Repository.Read("docs/decisions/README.md");
        var records = Repository.Documents.Select(Repository.Relative).Where(file => file.StartsWith("docs/decisions/", StringComparison.Ordinal) && !file.EndsWith("README.md", StringComparison.Ordinal)).ToList();
        Assert.NotEmpty(records);
        Assert.All(records, record =>
        {
            Assert.Contains($"]({Path.GetFileName(record)})", index, StringComparison.Ordinal);
            Assert.Equal(["## Context", "## Decision", "## Consequences"], Repository.Read(record).Split('\n').Where(line => line.StartsWith("## ", StringComparison.Ordinal)));
        });
    }

    [GeneratedRegex(@"\]\(([^)\s]+)\)")]
    private static partial Regex Link();

    // A name of ours between backticks: Pascal case with at least two humps, alone or with a member.
    [GeneratedRegex(@"`([A-Z][a-z0-9]+(?:[A-Z][A-Za-z0-9]*)+(?:\.[A-Z][A-Za-z0-9]+)*|I[A-Z][A-Za-z0-9]+)`")]
    private static partial Regex Identifier();

    [GeneratedRegex(@"^```.*?^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Fenced();

    [GeneratedRegex(@"// (\d+ \w+(?:, \d+ \w+)*)$", RegexOptions.Multiline)]
    private static partial Regex Step();
}
