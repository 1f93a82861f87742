using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace CredentialProxy.Tests.Architecture;

/// <summary>Names say what a thing does; these would say only that somebody needed a name.</summary>
public sealed class NamingTests
{
    private static readonly string[] EmptyEndings = ["Manager", "Helper", "Helpers", "Util", "Utils", "Utility", "Utilities", "Processor", "Data", "Info"];
    private static readonly string[] EmptyFolders = ["Helpers", "Utils", "Utilities", "Common", "Services", "Models", "Misc", "Shared"];

    [Fact]
    public void No_type_has_a_name_that_says_nothing()
    {
        var types = Repository.Sources.SelectMany(file => Repository.Parse(file).DescendantNodes().OfType<BaseTypeDeclarationSyntax>());
        Assert.Empty(types.Where(type => EmptyEndings.Any(ending => type.Identifier.Text.EndsWith(ending, StringComparison.Ordinal))).Select(type => $"{Repository.Place(type)} {type.Identifier.Text}"));
    }

    [Fact]
    public void No_folder_has_a_name_that_says_nothing() =>
        Assert.DoesNotContain(Repository.Sources.Select(Repository.Relative), file => file.Split('/')[..^1].Any(folder => EmptyFolders.Contains(folder)));

    [Fact]
    public void A_file_carries_the_name_of_a_type_in_it()
    {
        // Or their plural, where a few small types of one kind share a file.
        var strangers = Repository.ProductSources.Where(file => Repository.Parse(file).DescendantNodes().OfType<BaseTypeDeclarationSyntax>().Select(type => type.Identifier.Text).ToList() is { Count: > 0 } types
            && Path.GetFileNameWithoutExtension(file) is var name && !types.Contains(name) && !types.Contains(name.TrimEnd('s')));
        Assert.Empty(strangers.Select(Repository.Relative));
    }

    // Operators look for them, and set alarms on them.
    [Fact]
    public void An_event_id_of_a_log_means_one_thing()
    {
        var ids = Repository.ProductSources.SelectMany(file => Repository.Parse(file).DescendantNodes().OfType<AttributeSyntax>()).Where(attribute => attribute.Name.ToString() == "LoggerMessage")
            .Select(attribute => attribute.ArgumentList!.Arguments.Select(argument => argument.Expression).OfType<LiteralExpressionSyntax>().First().Token.ValueText).ToList();
        Assert.NotEmpty(ids);
        Assert.Empty(ids.GroupBy(id => id).Where(group => group.Count() > 1).Select(group => group.Key));
    }

    [Fact]
    public void Every_type_of_the_product_says_what_it_is_for()
    {
        var silent = Repository.ProductSources.SelectMany(file => Repository.Parse(file).DescendantNodes().OfType<BaseTypeDeclarationSyntax>())
            .Where(type => type.Parent is not TypeDeclarationSyntax && !type.GetLeadingTrivia().Any(trivia => trivia.HasStructure && trivia.GetStructure() is DocumentationCommentTriviaSyntax));
        Assert.Empty(silent.Select(type => $"{Repository.Place(type)} {type.Identifier.Text}"));
    }
}
