using System.Reflection;
using System.Text.Json.Nodes;
using System.Xml.Linq;
using CredentialProxy.Core.Limits;
using CredentialProxy.Gateway;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace CredentialProxy.Tests.Architecture;

/// <summary>Projects lie in layers, and each knows only what lies below it.</summary>
public sealed class ProjectTests
{
    // A new project gets its layer here.
    private static readonly Dictionary<string, int> Layers = new(StringComparer.Ordinal)
    {
        ["CredentialProxy.Core"] = 0,
        ["CredentialProxy.ServiceDefaults"] = 0,
        ["CredentialProxy.MockProvider"] = 0,
        ["CredentialProxy.Gateway"] = 1,
        ["CredentialProxy.Admin"] = 1,
        ["CredentialProxy.Standalone"] = 2,
        ["CredentialProxy.Fuzzing"] = 2,
        ["CredentialProxy.AppHost"] = 2,
        ["CredentialProxy.AppHost.Tests"] = 3,
        ["CredentialProxy.Benchmarks"] = 3,
        ["CredentialProxy.Tests"] = 3,
    };

    private static readonly Assembly Core = typeof(QuotaLedger).Assembly;
    private static readonly Assembly Gateway = typeof(GatewayOptions).Assembly;

    [Fact]
    public void A_project_refers_only_to_projects_of_lower_layers()
    {
        foreach (var (project, references) in Repository.Projects.Select(file => (Path.GetFileNameWithoutExtension(file), References(file))))
        {
            Assert.True(Layers.ContainsKey(project), $"{project} has no layer yet");
            Assert.All(references, reference => Assert.True(Layers[reference] < Layers[project], $"{project} must not refer to {reference}"));
        }
    }

    [Fact]
    public void The_core_knows_neither_ASP_NET_nor_YARP()
    {
        // Data Protection's abstractions are one package of two interfaces, and no part of the web framework.
        Assert.DoesNotContain(References(Core), name => name.StartsWith("Microsoft.AspNetCore", StringComparison.Ordinal) && name != "Microsoft.AspNetCore.DataProtection.Abstractions");
        Assert.DoesNotContain(References(Core), name => name.StartsWith("Yarp", StringComparison.Ordinal));
    }

    [Fact]
    public void The_gateway_has_no_way_to_the_store()
    {
        Assert.DoesNotContain(References(Gateway), name => name.Contains("EntityFramework", StringComparison.Ordinal) || name.Contains("Sqlite", StringComparison.OrdinalIgnoreCase));
    }

    [Fact]
    public void Postgres_is_the_control_planes_alone()
    {
        var users = Repository.Projects.Where(file => Packages(file).Any(package => package.StartsWith("Npgsql", StringComparison.Ordinal))).Select(Path.GetFileNameWithoutExtension);
        Assert.Equal(["CredentialProxy.Admin"], users);
        Assert.DoesNotContain("CredentialProxy.Admin", References(Repository.Projects.Single(file => file.EndsWith("CredentialProxy.Gateway.csproj", StringComparison.Ordinal))));
    }

    [Fact]
    public void Aspire_is_the_app_host_s_alone_and_the_solution_filter_holds_everything_else()
    {
        var users = Repository.Projects.Where(file => Packages(file).Any(package => package.StartsWith("Aspire.", StringComparison.Ordinal))).Select(file => Path.GetFileNameWithoutExtension(file)).ToList();
        Assert.Equal(["CredentialProxy.AppHost.Tests", "CredentialProxy.AppHost"], users);
        var filtered = JsonNode.Parse(Repository.Read("CredentialProxy.slnf"))!["solution"]!["projects"]!.AsArray().Select(path => ((string)path!).Replace('\\', '/'));
        Assert.Equal(Repository.Projects.Select(Repository.Relative).Where(file => !users.Contains(Path.GetFileNameWithoutExtension(file))), filtered.Order(StringComparer.Ordinal));
        // It is to be restored where Aspire's packages are not served.
        Assert.DoesNotContain("Aspire", Repository.Read("Directory.Packages.props"), StringComparison.Ordinal);
    }

    [Fact]
    public void The_app_host_knows_the_services_as_programs_alone()
    {
        var sources = Repository.ProductSources.Where(file => Repository.Relative(file).StartsWith("CredentialProxy.AppHost/", StringComparison.Ordinal)).ToList();
        Assert.NotEmpty(sources);
        var ours = sources.SelectMany(file => Repository.Parse(file).DescendantNodes().OfType<UsingDirectiveSyntax>()).Select(directive => $"{directive.Name}").Where(name => name.StartsWith("CredentialProxy.", StringComparison.Ordinal));
        Assert.All(ours, name => Assert.StartsWith("CredentialProxy.AppHost", name, StringComparison.Ordinal));
    }

    [Fact]
    public void The_gateway_alone_forwards()
    {
        var others = Repository.Projects.Where(file => Packages(file).Any(package => package.StartsWith("Yarp", StringComparison.Ordinal))).Select(Path.GetFileNameWithoutExtension);
        Assert.Equal(["CredentialProxy.Gateway"], others);
    }

    [Fact]
    public void Every_warning_is_an_error_and_every_public_member_is_documented()
    {
        var properties = XDocument.Parse(Repository.Read("Directory.Build.props")).Descendants().ToLookup(element => element.Name.LocalName, element => element.Value);
        Assert.Equal(["true"], properties["TreatWarningsAsErrors"]);
        Assert.Equal(["true"], properties["GenerateDocumentationFile"]);
        Assert.All(Repository.Projects, file => Assert.DoesNotContain("NoWarn", File.ReadAllText(file), StringComparison.Ordinal));
        Assert.All(Repository.ProductSources, file => Assert.DoesNotContain("#pragma warning disable CS", File.ReadAllText(file), StringComparison.Ordinal));
    }

    [Fact]
    public void The_product_runs_where_it_is_called_from()
    {
        // Or "dotnet run" would put the data directory, key ring and all, among the sources.
        Assert.All(["Standalone", "Gateway", "Admin"], name => Assert.Contains("<EnableDefaultRunWorkingDirectory>false<", Repository.Read($"CredentialProxy.{name}/CredentialProxy.{name}.csproj"), StringComparison.Ordinal));
    }

    private static IEnumerable<string> References(Assembly assembly) => assembly.GetReferencedAssemblies().Select(reference => reference.Name!);

    private static IEnumerable<string> References(string project) =>
        XDocument.Load(project).Descendants("ProjectReference").Select(reference => Path.GetFileNameWithoutExtension(reference.Attribute("Include")!.Value.Replace('\\', '/')));

    private static IEnumerable<string> Packages(string project) => XDocument.Load(project).Descendants("PackageReference").Select(reference => reference.Attribute("Include")!.Value);
}
