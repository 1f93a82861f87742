using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace CredentialProxy.Tests.Architecture;

/// <summary>No client of the product follows a redirect, which would carry a key to wherever it points, or keeps a cookie.</summary>
public sealed class ClientTests
{
    private static readonly string[] MustBeFalse = ["AllowAutoRedirect", "UseCookies"];

    [Fact]
    public void Every_handler_follows_no_redirect_and_keeps_no_cookie()
    {
        var handlers = Created("SocketsHttpHandler").ToList();
        Assert.NotEmpty(handlers);
        Assert.All(handlers, handler =>
        {
            var set = handler.Initializer?.Expressions.OfType<AssignmentExpressionSyntax>().ToLookup(assignment => assignment.Left.ToString(), assignment => assignment.Right.ToString());
            Assert.All(MustBeFalse, name => Assert.True(set?[name].SingleOrDefault() == "false", $"{Repository.Place(handler)} must set {name} to false"));
        });
    }

    [Fact]
    public void Every_client_has_such_a_handler()
    {
        Assert.All(Created("HttpClient").Concat(Created("HttpMessageInvoker")), client =>
            Assert.True(client.ArgumentList?.Arguments.FirstOrDefault()?.Expression is { } handler && IsOurs(handler), Repository.Place(client)));
        Assert.Empty(Created("HttpClientHandler").Select(Repository.Place));
        var factories = Invoked("AddHttpClient").Select(call => call.Ancestors().OfType<StatementSyntax>().First().ToString());
        Assert.All(factories, statement => Assert.Contains("ConfigurePrimaryHttpMessageHandler(() => new SocketsHttpHandler", statement, StringComparison.Ordinal));
    }

    [Fact]
    public void Nothing_that_forwards_tries_again()
    {
        // A retried completion is paid twice.
        var gateway = Repository.ProductSources.Where(file => Repository.Relative(file).StartsWith("CredentialProxy.Gateway/", StringComparison.Ordinal));
        Assert.All(gateway, file => Assert.DoesNotContain("Resilience", File.ReadAllText(file), StringComparison.Ordinal));
    }

    // The handler itself, or a local that holds it, maybe within a handler of ours.
    private static bool IsOurs(ExpressionSyntax expression)
    {
        if (expression is ObjectCreationExpressionSyntax { Type: IdentifierNameSyntax { Identifier.Text: "SocketsHttpHandler" } })
        {
            return true;
        }
        var locals = expression.Ancestors().OfType<MethodDeclarationSyntax>().First().DescendantNodes().OfType<VariableDeclaratorSyntax>()
            .Where(local => local.Initializer?.Value is ObjectCreationExpressionSyntax { Type: IdentifierNameSyntax { Identifier.Text: "SocketsHttpHandler" } })
            .Select(local => local.Identifier.Text);
        return expression.DescendantNodesAndSelf().OfType<IdentifierNameSyntax>().Any(name => locals.Contains(name.Identifier.Text));
    }

    private static IEnumerable<ObjectCreationExpressionSyntax> Created(string type) =>
        Nodes<ObjectCreationExpressionSyntax>().Where(creation => creation.Type.ToString() == type);

    private static IEnumerable<InvocationExpressionSyntax> Invoked(string method) =>
        Nodes<InvocationExpressionSyntax>().Where(call => call.Expression is MemberAccessExpressionSyntax access && access.Name.Identifier.Text == method);

    private static IEnumerable<T> Nodes<T>() => Repository.ProductSources.SelectMany(file => Repository.Parse(file).DescendantNodes().OfType<T>());
}
