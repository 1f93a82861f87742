using System.Text.RegularExpressions;
using CredentialProxy.Admin;
using CredentialProxy.Core.Judging;
using CredentialProxy.Gateway.Refusals;
using CredentialProxy.Tests.Architecture;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace CredentialProxy.Tests.Documentation;

/// <summary>The page of codes is what clients rely on: a code or status that changes shows here.</summary>
public sealed partial class RefusalsDocumentTests
{
    private const string ControlPlane = "\n## The control plane\n";

    private static readonly string Page = Repository.Read("docs/refusals.md");

    [Fact]
    public void Every_code_of_the_gateway_has_its_name_and_status_as_documented() => Assert.Equal(
        Rows(Page[..Page.IndexOf(ControlPlane, StringComparison.Ordinal)]),
        Enum.GetValues<RefusalCode>().Select(code => (RefusalCodes.NameOf(code), RefusalStatus.StatusOf(code))));

    [Fact]
    public void Every_code_of_the_control_plane_is_documented_and_no_other() => Assert.Equal(
        Rows(Page[Page.IndexOf(ControlPlane, StringComparison.Ordinal)..]).Select(row => row.Code).Order(StringComparer.Ordinal),
        ControlPlaneCodes().Distinct().Order(StringComparer.Ordinal));

    [Fact]
    public void Every_code_is_used()
    {
        var sources = Repository.ProductSources.Where(file => Path.GetFileName(file) is not ("RefusalStatus.cs" or "RefusalBody.cs")).Select(File.ReadAllText).ToList();
        Assert.All(Enum.GetNames<RefusalCode>(), name => Assert.Contains(sources, source => source.Contains($"{nameof(RefusalCode)}.{name}", StringComparison.Ordinal)));
    }

    // The second argument of every problem that is made.
    private static IEnumerable<string> ControlPlaneCodes() => Repository.ProductSources
        .Where(file => Repository.Relative(file).StartsWith(typeof(AdminOptions).Namespace + "/", StringComparison.Ordinal))
        .SelectMany(file => Repository.Parse(file).DescendantNodes().OfType<BaseObjectCreationExpressionSyntax>())
        .Select(made => made.ArgumentList?.Arguments is [_, { Expression: LiteralExpressionSyntax { RawKind: (int)SyntaxKind.StringLiteralExpression } code }, _] ? code.Token.ValueText : null)
        .OfType<string>().Where(text => SnakeCase().IsMatch(text));

    private static IEnumerable<(string Code, int Status)> Rows(string text) =>
        Row().Matches(text).Select(match => (match.Groups[1].Value, int.Parse(match.Groups[2].Value, System.Globalization.CultureInfo.InvariantCulture)));

    [GeneratedRegex(@"^\| `([a-z_]+)` \| (\d{3}) \|", RegexOptions.Multiline)]
    private static partial Regex Row();

    [GeneratedRegex("^[a-z]+(_[a-z]+)+$")]
    private static partial Regex SnakeCase();
}
