using CredentialProxy.Core.Grants;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;

namespace CredentialProxy.Tests.Admin;

/// <summary>What is within a ceiling reaches nothing that the ceiling does not, whatever the patterns and whatever is asked for.</summary>
public sealed class CeilingsProperties
{
    // Few letters, many stars: so that patterns and names meet.
    private static Gen<string> Texts(string letters, int longest) =>
        Gen.Choose(1, longest).SelectMany(length => Gen.Elements(letters.ToCharArray()).ArrayOf(length)).Select(characters => new string(characters));

    private static readonly Arbitrary<(string Ceiling, string Pattern, string Model)> Models =
        (from ceiling in Texts("ab*", 6)
         from pattern in Texts("ab*", 6)
         from model in Texts("ab", 6)
         from tuned in Gen.Choose(0, 7)
         select (Prefix(tuned, 1, ceiling), Prefix(tuned, 2, pattern), Prefix(tuned, 4, model))).ToArbitrary();

    private static readonly Arbitrary<(string Ceiling, string Rule, string Path)> Endpoints =
        (from ceiling in Texts("a/*", 6)
         from rule in Texts("a/*", 6)
         from path in Texts("a/", 6)
         from methods in Gen.Choose(0, 3)
         select ((methods & 1) > 0 ? "POST /" + ceiling : "/" + ceiling, (methods & 2) > 0 ? "POST /" + rule : "/" + rule, "/" + path)).ToArbitrary();

    [Property(MaxTest = 20_000)]
    public Property A_model_pattern_within_another_matches_no_more() => Prop.ForAll(Models, sample =>
    {
        Assert.True(ModelPattern.TryParse(sample.Ceiling, out var ceiling) & ModelPattern.TryParse(sample.Pattern, out var pattern));
        var (outer, inner) = (new Scope { Models = [ceiling] }, new Scope { Models = [pattern] });
        return !ceiling.Covers(pattern) || !Allows(inner, sample.Model) || Allows(outer, sample.Model);
    });

    [Property(MaxTest = 20_000)]
    public Property An_endpoint_rule_within_another_matches_no_more() => Prop.ForAll(Endpoints, sample =>
    {
        Assert.True(EndpointRule.TryParse(sample.Ceiling, out var ceiling) & EndpointRule.TryParse(sample.Rule, out var rule));
        return !ceiling.Covers(rule) || new[] { "GET", "POST" }.All(method => !rule.Matches(method, sample.Path) || ceiling.Matches(method, sample.Path));
    });

    [Property]
    public Property Everything_is_within_itself_and_within_a_star() => Prop.ForAll(Models, sample =>
    {
        Assert.True(ModelPattern.TryParse(sample.Pattern, out var pattern) & ModelPattern.TryParse("*", out var star));
        return pattern.Covers(pattern) && (star.Covers(pattern) || sample.Pattern.StartsWith("ft:", StringComparison.Ordinal));
    });

    private static bool Allows(Scope scope, string model) => scope.AllowsModel(model) && scope.AllowsTuned(model);

    private static string Prefix(int bits, int bit, string text) => (bits & bit) > 0 ? "ft:" + text : text;
}
