using System.Collections;
using System.Globalization;
using System.Net;
using System.Reflection;
using System.Text;
using CredentialProxy.Admin.Projecting;
using CredentialProxy.Admin.Rebuilding;
using CredentialProxy.Admin.Reconciling;
using CredentialProxy.Admin.Recording.Streams;
using CredentialProxy.Admin.Storage;
using CredentialProxy.Core.Directories.Redis;
using CredentialProxy.Core.Limits;
using CredentialProxy.Core.Limits.Redis;
using CredentialProxy.Core.Providers;
using CredentialProxy.Core.Tokens;
using CredentialProxy.Core.Vault;
using CredentialProxy.Gateway.Hosting;
using CredentialProxy.ServiceDefaults.Configuration;
using CredentialProxy.ServiceDefaults.Hosting;
using CredentialProxy.ServiceDefaults.KeyRings;
using CredentialProxy.Standalone;
using Microsoft.Extensions.Configuration;

namespace CredentialProxy.Tests.Documentation;

/// <summary>Writes docs/configuration.md out of the code: names and defaults as they are compiled, meanings from the documentation comments, bounds from the ranges.</summary>
internal static class SettingsReference
{
    private const string Head = """
        # Settings

        <!-- Written by a test out of the code; see CONTRIBUTING.md for how to write it anew. Changes made here by hand are lost. -->

        A setting can be given in three places. Of two places the later one in this list wins.

        1. `appsettings.json` in the working directory: `{"Gateway":{"IdleTimeoutSeconds":60}}`
        2. An environment variable, with `__` for each `:`: `Gateway__IdleTimeoutSeconds=60`
        3. An argument: `--Gateway:IdleTimeoutSeconds=60`

        Settings are read once, at the start. A wrong value, and a name in one of the sections below that is not known, stops the start with one line that names the setting and says what is allowed.
        Letter case does not matter. An item of a list has its number as its name: `Gateway__Origins__0`. A time span is written `[days.]hours:minutes:seconds[.fraction]`: `00:00:02.5`.

        The command line itself knows one more argument: `--demo` adds a mock provider that answers in place of the real ones, and ready-made tokens.


        """;

    private const string ControlPlane = """
        ## Gateways and control plane as processes of their own

        `CredentialProxy.Gateway` takes the settings above, save `Accounts`, `Keeping`, `CONTROL_PORT`, `MOCK_PORT` and those of admins. Four have another default there: `Ledger:MaxBatch` {MaxBatch},
        `Ledger:OutageTolerance` {OutageTolerance}, `Ledger:MaxSettleDelay` {MaxSettleDelay}, and `CREDENTIAL_PROXY_DATA`, without which it has no journal; each gateway needs a directory of its own. `CredentialProxy.Admin serve` takes `HOST`, `CONTROL_PORT`, `METRICS_PORT`, `METRICS_HOST`, those of admins, and the sections `SessionTokens`, `Objects`,
        `Keeping`, `Telemetry` and `Providers`. Where `CREDENTIAL_PROXY_JWT_SECRET` is set for the control plane it must be set for gateways, and the other way round; signing keys they get from the control plane. `CredentialProxy.Admin
        migrate` and `reseal` take none as an argument.

        | setting | meaning | default |
        |---|---|---|
        | `ConnectionStrings:redis` | Redis 7 or later, or Valkey, such as `redis:6379,password=…`. Gateways and the control plane have the same, and gateways know nothing else. | none |
        | `ConnectionStrings:postgres` | The database of the control plane, Postgres 15 or later, such as `Host=db;Database=credential_proxy;Username=…;Password=…`. It must be there, and its user must be allowed to create tables in it. | none |
        | `ASPNETCORE_ENVIRONMENT` | In `Production` nothing starts whose key ring is not wrapped. | `DOTNET_ENVIRONMENT` |
        | `DOTNET_ENVIRONMENT` | The same, where the one before is not set. | `Production` |


        """;

    private const string Tail = """
        ## Logs and telemetry

        | setting | meaning | default |
        |---|---|---|
        | `Logging:LogLevel:<category>` | Least level that is logged: `Trace`, `Debug`, `Information`, `Warning`, `Error`, `Critical` or `None`. Our categories begin with `CredentialProxy`. | `Information` for ours, `Warning` for the frameworks' |
        | `OTEL_EXPORTER_OTLP_ENDPOINT` | Where traces, metrics and logs are sent over OTLP, such as `http://localhost:4317`. What is sent nowhere is not collected. OpenTelemetry's other `OTEL_…` variables hold too: [telemetry.md](telemetry.md). | none |
        | `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT` | The same for traces alone. | none |
        | `OTEL_EXPORTER_OTLP_METRICS_ENDPOINT` | The same for metrics alone. | none |
        | `OTEL_EXPORTER_OTLP_LOGS_ENDPOINT` | The same for logs alone. | none |
        | `OTEL_TRACES_EXPORTER` | `none` to send no traces. | `otlp` |
        | `OTEL_METRICS_EXPORTER` | `none` to send no metrics. | `otlp` |
        | `OTEL_LOGS_EXPORTER` | `none` to send no logs. | `otlp` |
        | `OTEL_SERVICE_NAME` | Who sends. | the program's name |
        | `OTEL_TRACES_SAMPLER` | `always_on`, `always_off` or `traceidratio`, each also with `parentbased_` before it. What a client samples counts with `Telemetry:TrustClientSampling` alone. | as `Telemetry:SampleRatio` says |
        | `OTEL_TRACES_SAMPLER_ARG` | The part of the requests that `traceidratio` samples, a number from 0 to 1. | `1` |

        ## The mock provider as a process of its own

        | setting | meaning | default |
        |---|---|---|
        | `HOST` | The IP address to listen on. | `127.0.0.1` |
        | `PORT` | Its port, 0 to 65535; 0 for any free one. | `8082` |

        """;

    /// <summary>The whole document.</summary>
    public static string Write()
    {
        var text = new StringBuilder(Head);
        WriteEnvironment(text);
        foreach (var section in typeof(Settings).GetProperties().Where(property => property.Name != nameof(Settings.Providers)))
        {
            WriteSection(text, section.PropertyType, (string)section.PropertyType.GetField("Section")!.GetRawConstantValue()!);
        }
        WriteSection(text, typeof(ProviderOptions), $"{ProviderOptions.Section}:<name>");
        WriteProviderKeys(text);
        WriteControlPlane(text);
        return text.Append(Tail).ToString();
    }

    private static void WriteEnvironment(StringBuilder text)
    {
        text.Append("## Without a section\n\nMostly given as environment variables. An empty value counts as none.\n\n");
        text.Append("| setting | meaning | default |\n|---|---|---|\n");
        var options = StandaloneOptions.Read(new ConfigurationBuilder().Build(), isDemo: false);
        foreach (var name in typeof(EnvironmentNames).GetFields(BindingFlags.Public | BindingFlags.Static))
        {
            var standard = name.Name switch
            {
                nameof(EnvironmentNames.Host) => Equals(options.Address, IPAddress.Loopback) ? "`127.0.0.1`" : throw new InvalidOperationException("Loopback is the documented default."),
                nameof(EnvironmentNames.MetricsHost) => $"`{ListeningPlace.ReadAddress(new ConfigurationBuilder().Build(), EnvironmentNames.MetricsHost)}`",
                nameof(EnvironmentNames.GatewayPort) => $"`{options.GatewayPort}`",
                nameof(EnvironmentNames.ControlPort) => $"`{options.ControlPort}`",
                nameof(EnvironmentNames.MockPort) => $"`{options.MockPort}`",
                nameof(EnvironmentNames.DataDirectory) => $"`{options.DataDirectory}`",
                nameof(EnvironmentNames.AdminAudience) => $"`{AdminTokenOptions.DefaultAudience}`",
                _ => "none",
            };
            text.Append(CultureInfo.InvariantCulture, $"| `{name.GetRawConstantValue()}` | {XmlDocumentation.SummaryOf(name)} | {standard} |\n");
        }
        text.Append('\n');
    }

    private static void WriteControlPlane(StringBuilder text)
    {
        text.Append(Defaults(ControlPlane));
        WriteKeyRing(text);
        WriteSection(text, typeof(PostgresOptions), PostgresOptions.Section, "###");
        WriteSection(text, typeof(UsageKeepingOptions), UsageKeepingOptions.Section, "###");
        WriteSection(text, typeof(RecorderOptions), RecorderOptions.Section, "###");
        WriteSection(text, typeof(RebuildingOptions), RebuildingOptions.Section, "###");
        WriteSection(text, typeof(ReconcilingOptions), ReconcilingOptions.Section, "###");
        WriteSection(text, typeof(ProjectionOptions), ProjectionOptions.Section, "###");
        WriteSection(text, typeof(RedisDirectoryOptions), RedisDirectoryOptions.Section, "###");
        WriteSection(text, typeof(RedisQuotaOptions), RedisQuotaOptions.Section, "###");
        WriteSection(text, typeof(StoppingOptions), StoppingOptions.Section, "###");
    }

    private static string Defaults(string text) => new[] { nameof(QuotaLedgerOptions.MaxBatch), nameof(QuotaLedgerOptions.OutageTolerance), nameof(QuotaLedgerOptions.MaxSettleDelay) }
        .Aggregate(text, (written, name) => written.Replace($"{{{name}}}", $"`{GatewayHost.Defaults[$"{QuotaLedgerOptions.Section}:{name}"]}`", StringComparison.Ordinal));

    private static void WriteKeyRing(StringBuilder text)
    {
        text.Append(CultureInfo.InvariantCulture, $"### The key ring\n\n{XmlDocumentation.SummaryOf(typeof(RingNames))}\n\n| setting | meaning | default |\n|---|---|---|\n");
        foreach (var name in typeof(RingNames).GetFields(BindingFlags.Public | BindingFlags.Static).Where(name => name.Name != nameof(RingNames.FileSuffix)))
        {
            text.Append(CultureInfo.InvariantCulture, $"| `{name.GetRawConstantValue()}` | {XmlDocumentation.SummaryOf(name)} | none |\n");
        }
        text.Append('\n');
    }

    private static void WriteSection(StringBuilder text, Type type, string section, string heading = "##")
    {
        text.Append(CultureInfo.InvariantCulture, $"{heading} `{section}`\n\n{XmlDocumentation.SummaryOf(type)}\n\n| setting | meaning | allowed | default |\n|---|---|---|---|\n");
        var defaults = Activator.CreateInstance(type);
        foreach (var setting in SettingsReader.SettingsOf(type).OrderBy(setting => setting.MetadataToken))
        {
            text.Append(CultureInfo.InvariantCulture, $"| `{section}:{setting.Name}` | {XmlDocumentation.SummaryOf(setting)} | {AllowedValues.Of(setting)} | {Show(setting.GetValue(defaults))} |\n");
        }
        text.Append('\n');
    }

    private static void WriteProviderKeys(StringBuilder text)
    {
        text.Append("The keys of the known providers are taken from these variables where `ApiKey` is not set. A provider without a key is a clear error on its own paths only.\n\n");
        text.Append("| provider | base URL | key |\n|---|---|---|\n");
        foreach (var provider in KnownProviders.All)
        {
            var variables = string.Join(", else ", EnvironmentCredentials.VariablesOf(provider.Name).Select(variable => $"`{variable}`"));
            text.Append(CultureInfo.InvariantCulture, $"| `{provider.Name}` | `{provider.BaseUrl.OriginalString}` | {variables} |\n");
        }
        text.Append('\n');
    }

    private static string Show(object? value) => value switch
    {
        null => "none",
        bool flag => flag ? "`true`" : "`false`",
        TimeSpan span => $"`{AllowedValues.Show(span)}`",
        IEnumerable list and not string => list.Cast<object>().Any() ? throw new NotSupportedException("A list with items has no form here yet.") : "empty",
        _ => $"`{Convert.ToString(value, CultureInfo.InvariantCulture)}`",
    };
}
