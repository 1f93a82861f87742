using System.Reflection;
using CredentialProxy.Admin;
using CredentialProxy.Admin.Hosting;
using CredentialProxy.Admin.Projecting;
using CredentialProxy.Admin.Rebuilding;
using CredentialProxy.Admin.Reconciling;
using CredentialProxy.Admin.Recording.Streams;
using CredentialProxy.Admin.Storage;
using CredentialProxy.Core.Directories.Redis;
using CredentialProxy.Core.Limits.Redis;
using CredentialProxy.Core.Limits.Sqlite;
using CredentialProxy.Core.Tokens;
using CredentialProxy.Gateway.Hosting;
using CredentialProxy.MockProvider;
using CredentialProxy.ServiceDefaults.Hosting;
using CredentialProxy.Standalone;
using CredentialProxy.Tests.Architecture;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace CredentialProxy.Tests.Documentation;

/// <summary>docs/configuration.md says of every setting what the code says. Set UPDATE_DOCS=1 to have it written anew.</summary>
public sealed class SettingsReferenceTests
{
    private const string File = "docs/configuration.md";

    // Made by code out of the settings above, or handed over by it; or of a program with a part of its own.
    private static readonly Type[] SetByCode =
        [typeof(AdminOptions), typeof(AdminTokenOptions), typeof(PostgresOptions), typeof(UsageKeepingOptions), typeof(SessionTokenOptions), typeof(SqliteQuotaOptions), typeof(RedisQuotaOptions), typeof(RedisDirectoryOptions), typeof(StoppingOptions), typeof(ProjectionOptions), typeof(RecorderOptions), typeof(RebuildingOptions), typeof(ReconcilingOptions), typeof(StandaloneOptions), typeof(MockProviderOptions)];

    // All sections of a program.
    private static readonly Type[] Wholes = [typeof(Settings), typeof(GatewaySettings), typeof(AdminSettings)];

    [Fact]
    public void The_reference_is_what_the_code_says()
    {
        var expected = SettingsReference.Write();
        if (Environment.GetEnvironmentVariable("UPDATE_DOCS") == "1")
        {
            System.IO.File.WriteAllText(Path.Combine(Repository.Root, File), expected);
        }
        Assert.True(expected == Repository.Read(File), $"{File} is not what the code says. CONTRIBUTING.md tells how to have it written anew.");
    }

    [Fact]
    public void No_type_of_settings_is_left_out()
    {
        var known = typeof(Settings).GetProperties().Select(section => section.PropertyType).SelectMany(type => type.IsGenericType ? type.GetGenericArguments() : [type]).Concat(SetByCode);
        var all = typeof(SettingsReferenceTests).Assembly.GetReferencedAssemblies().Where(assembly => assembly.Name!.StartsWith("CredentialProxy.", StringComparison.Ordinal))
            .SelectMany(assembly => Assembly.Load(assembly).GetTypes()).Where(type => type.Name.EndsWith("Options", StringComparison.Ordinal) || (type.Name.EndsWith("Settings", StringComparison.Ordinal) && !Wholes.Contains(type)));
        Assert.Empty(all.Except(known));
    }

    [Fact]
    public void No_setting_is_read_that_the_reference_does_not_name()
    {
        var reference = Repository.Read(File);
        var names = Repository.ProductSources.SelectMany(file => Repository.Parse(file).DescendantNodes().OfType<ElementAccessExpressionSyntax>())
            .Where(access => access.Expression.ToString().EndsWith("onfiguration", StringComparison.Ordinal))
            .SelectMany(access => access.ArgumentList.Arguments).Select(argument => argument.Expression).OfType<LiteralExpressionSyntax>().Select(literal => literal.Token.ValueText).ToList();
        Assert.Contains("OTEL_EXPORTER_OTLP_ENDPOINT", names);
        Assert.All(names, name => Assert.Contains($"| `{name}` |", reference, StringComparison.Ordinal));
    }
}
