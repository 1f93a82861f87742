using System.Reflection;
using ArchUnitNET.Domain;
using ArchUnitNET.Loader;
using CredentialProxy.Core.Limits;
using CredentialProxy.Core.Routing;
using CredentialProxy.Gateway;
using CredentialProxy.Gateway.Authentication;
using CredentialProxy.Gateway.Authorization;
using CredentialProxy.Gateway.Forwarding;
using CredentialProxy.Gateway.Inspection;
using CredentialProxy.Gateway.Metering;
using CredentialProxy.Gateway.Reserving;
using Type = System.Type;

namespace CredentialProxy.Tests.Architecture;

/// <summary>Who knows whom, by what the compiled types depend on.</summary>
public sealed class DependencyTests
{
    private const string Core = "CredentialProxy.Core.";

    private static readonly ArchUnitNET.Domain.Architecture Product = new ArchLoader().LoadAssemblies(typeof(QuotaLedger).Assembly, typeof(GatewayOptions).Assembly).Build();

    [Fact]
    public void Every_folder_of_the_core_says_whom_it_knows() => Assert.Equal(
        Directory.EnumerateDirectories(Path.Combine(Repository.Root, "CredentialProxy.Core")).Select(Path.GetFileName).Except(["bin", "obj"]).Order(StringComparer.Ordinal),
        typeof(DependencyTests).GetMethod(nameof(A_folder_of_the_core_knows_only_these_others))!.GetCustomAttributes<InlineDataAttribute>().Select(row => (string?)row.Data[0]).Order(StringComparer.Ordinal));

    [Theory]
    [InlineData("Grants", "Directories", "Limits", "Objects", "Providers", "Tokens")]
    [InlineData("Directories", "Grants", "Limits", "Pricing", "Storage", "Tokens", "Vault")]
    [InlineData("Inspection", "Grants", "Pricing", "Providers")]
    [InlineData("Judging", "Grants", "Inspection", "Limits", "Pricing", "Providers", "Routing", "Usage")]
    [InlineData("Objects", "Inspection", "Limits", "Providers")]
    [InlineData("Routing", "Grants", "Providers")]
    [InlineData("Limits", "Usage")]
    [InlineData("Providers", "Grants", "Objects")]
    [InlineData("Usage")]
    [InlineData("Storage")]
    [InlineData("Metering", "Inspection", "Limits", "Pricing", "Providers", "Usage")]
    [InlineData("Pricing", "Grants", "Limits", "Usage")]
    [InlineData("Tokens", "Limits", "Vault")]
    [InlineData("Vault", "Limits", "Providers")]
    public void A_folder_of_the_core_knows_only_these_others(string folder, params string[] others)
    {
        var known = TypesIn(Core + folder).SelectMany(type => type.Dependencies).Select(dependency => dependency.Target.FullName)
            .Where(name => name.StartsWith(Core, StringComparison.Ordinal)).Select(name => name[Core.Length..].Split('.')[0]).Distinct();
        Assert.Empty(known.Except([.. others, folder]));
    }

    [Theory]
    [InlineData("Limits.Sqlite.")]
    [InlineData("Limits.Redis.")]
    public void The_ledger_does_not_know_which_authority_it_leases_from(string authority)
    {
        var offenders = TypesIn(Core + "Limits").Where(type => !type.FullName.StartsWith(Core + authority, StringComparison.Ordinal))
            .SelectMany(type => type.Dependencies).Where(dependency => dependency.Target.FullName.StartsWith(Core + authority, StringComparison.Ordinal));
        Assert.Empty(offenders.Select(dependency => $"{dependency.Origin.FullName} → {dependency.Target.FullName}"));
    }

    [Theory]
    [InlineData(typeof(Router))]
    [InlineData(typeof(TokenAuthenticator))]
    [InlineData(typeof(Authorizer))]
    [InlineData(typeof(BodyInspector))]
    [InlineData(typeof(Reserver))]
    [InlineData(typeof(Forwarder))]
    public void A_step_is_called_by_the_request_path_and_by_no_other_step(Type step) =>
        Assert.Equal([nameof(GatewaySetup), nameof(RequestPath)], DependentsOf(step));

    [Fact]
    public void Only_the_request_path_and_the_meter_settle() =>
        Assert.Equal([nameof(AnswerMeter), nameof(AnswerMeterFactory), nameof(GatewaySetup), nameof(RequestPath)], DependentsOf(typeof(Settler)));

    private static IEnumerable<string> DependentsOf(Type target) => TypesIn("CredentialProxy.Gateway")
        .Where(type => type.Dependencies.Any(dependency => dependency.Target.FullName == target.FullName)).Select(type => OutermostName(type, target)).OfType<string>().Distinct().Order(StringComparer.Ordinal);

    // What the compiler makes of a method, such as the class of an async one, counts as the type that holds the method.
    private static string? OutermostName(IType type, Type target)
    {
        var name = type.FullName.Split('+')[0];
        return name == target.FullName ? null : name[(name.LastIndexOf('.') + 1)..];
    }

    private static IEnumerable<IType> TypesIn(string space) =>
        Product.Types.Where(type => type.FullName.StartsWith(space + ".", StringComparison.Ordinal));
}
