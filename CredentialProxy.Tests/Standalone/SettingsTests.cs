using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Reflection;
using CredentialProxy.ServiceDefaults.Configuration;
using CredentialProxy.Standalone;
using Microsoft.Extensions.Configuration;

namespace CredentialProxy.Tests.Standalone;

/// <summary>A wrong setting stops the start, before anything is opened, with a message that names it and says what is allowed.</summary>
public sealed class SettingsTests
{
    /// <summary>Every setting with a range: its name, a value below, one above, and the two bounds in words.</summary>
    public static TheoryData<string, string, string, string, string> Ranges
    {
        get
        {
            var rows = new TheoryData<string, string, string, string, string>();
            foreach (var section in Sections)
            {
                foreach (var setting in SettingsReader.SettingsOf(section))
                {
                    if (setting.GetCustomAttribute<RangeAttribute>() is { } range)
                    {
                        rows.Add($"{section.GetField("Section")!.GetRawConstantValue()}:{setting.Name}", Beyond(setting, range, -1), Beyond(setting, range, +1), Bound(range, -1), Bound(range, +1));
                    }
                }
            }
            return rows;
        }
    }

    private static IEnumerable<Type> Sections => typeof(Settings).GetProperties().Select(section => section.PropertyType).Where(type => type.GetField("Section") is not null);

    [Theory]
    [MemberData(nameof(Ranges))]
    public async Task A_value_out_of_its_range_stops_the_start(string name, string below, string above, string least, string most)
    {
        foreach (var value in new[] { below, above, "many" })
        {
            var message = await RefusalAsync((name, value));
            Assert.StartsWith($"The setting {name} is not valid: it must be ", message, StringComparison.Ordinal);
            Assert.EndsWith($" from {least} to {most}.", message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Every_number_and_time_has_a_range()
    {
        // Of an enumeration the names are taken, and nothing else.
        var settings = Sections.SelectMany(SettingsReader.SettingsOf).Where(setting => setting.PropertyType is { IsValueType: true, IsEnum: false } && setting.PropertyType != typeof(bool));
        Assert.All(settings, setting => Assert.NotNull(setting.GetCustomAttribute<RangeAttribute>()));
    }

    [Theory]
    [InlineData("HOST", "localhorst", "an IP address to listen on")]
    [InlineData("PORT", "65536", "from 0 (any free one) to 65535")]
    [InlineData("CONTROL_PORT", "-1", "from 0 (any free one) to 65535")]
    [InlineData("MOCK_PORT", "eighty", "from 0 (any free one) to 65535")]
    [InlineData("CREDENTIAL_PROXY_DATA", "/dev/null/data", "to a directory that can")]
    [InlineData("CREDENTIAL_PROXY_ADMIN_KEY", "elevenchars", "12 to 512 characters")]
    [InlineData("CREDENTIAL_PROXY_JWT_SECRET", "0123456789abcdef0123456789abcde", "at least 32 bytes")]
    [InlineData("CREDENTIAL_PROXY_ADMIN_JWT_SECRET", "short", "at least 32 bytes")]
    [InlineData("Gateway:IdleTimeout", "5", "ConnectTimeoutSeconds, FirstByteTimeoutSeconds, IdleTimeoutSeconds")]
    [InlineData("Gateway:ClampOutputToRemaining", "yes", "true or false")]
    [InlineData("Gateway:Origins:0", "https://app.example.com/", "no origin such as https://app.example.com", "Gateway:Origins")]
    [InlineData("Gateway:Origins", "https://app.example.com", "a list")]
    [InlineData("Gateway:RequestTimeoutSeconds", "3601", "at most Ledger:ReservationLifetime, which is 01:00:00")]
    [InlineData("Gateway:HiddenTokensPerSecond", "-1", "0")]
    [InlineData("SessionTokens:MaxLifetimeSeconds", "899", "must not be above MaxLifetimeSeconds, which is 899", "SessionTokens:DefaultLifetimeSeconds")]
    [InlineData("Pricing:File", "/no/such/file.json", "can't be read")]
    [InlineData("Providers:acme:BaseUrl", "llm.example.com", "needs at least one, for example 'POST /v1/chat/completions'", "Providers:acme:Endpoints")]
    [InlineData("Providers:openai:BaseUrl", "llm.example.com", "must be an absolute http or https address")]
    [InlineData("Providers:openai:Slot", "cookie:x", "must be 'bearer', 'header:NAME' or 'query:NAME'")]
    [InlineData("Providers:openai:Endpoints:0", "POST", "must be a method", "Providers:openai:Endpoints")]
    [InlineData("Providers:openai:ApiKey", "env:NO_SUCH_VARIABLE_HERE", "leads to nothing")]
    [InlineData("Providers:openai:Key", "sk-x", "BaseUrl, AllowPrivateAddresses, ApiKey, Slot")]
    public async Task A_setting_that_makes_no_sense_stops_the_start(string name, string value, string allowed, string? named = null)
    {
        var message = await RefusalAsync((name, value));
        Assert.Contains(named ?? name, message, StringComparison.Ordinal);
        Assert.Contains(allowed, message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', message);
    }

    [Fact]
    public async Task The_two_signing_secrets_must_differ()
    {
        const string Secret = "0123456789abcdef0123456789abcdef";
        var message = await RefusalAsync(("CREDENTIAL_PROXY_JWT_SECRET", Secret), ("CREDENTIAL_PROXY_ADMIN_JWT_SECRET", Secret));
        Assert.Contains("CREDENTIAL_PROXY_ADMIN_JWT_SECRET", message, StringComparison.Ordinal);
        Assert.DoesNotContain(Secret, message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_variable_of_a_section_s_name_is_not_ours()
    {
        var settings = Settings.Read(Configuration(("Gateway", "http://localhost:8080"), ("Ledger", "x"), ("Providers", "x")));
        Assert.Equal(120, settings.Gateway.IdleTimeoutSeconds);
        Assert.Empty(settings.Providers);
    }

    [Fact]
    public void Settings_are_read_into_their_places()
    {
        var settings = Settings.Read(Configuration(
            ("gateway:idletimeoutseconds", "7"), ("Gateway:Origins:0", "https://a.example"), ("Ledger:IdleReturn", "00:00:09"), ("Pricing:FallbackInput", "0.25"),
            ("Accounts:BusyTimeout", "00:00:03"), ("SessionTokens:DefaultLifetimeSeconds", "60"), ("Providers:OpenAI:RequestHeaders:0", "x-more")));
        Assert.Equal(7, settings.Gateway.IdleTimeoutSeconds);
        Assert.Equal(["https://a.example"], settings.Gateway.Origins);
        Assert.Equal(TimeSpan.FromSeconds(9), settings.Ledger.IdleReturn);
        Assert.Equal(0.25m, settings.Pricing.FallbackInput);
        Assert.Equal(TimeSpan.FromSeconds(3), settings.Accounts.At("x").BusyTimeout);
        Assert.Equal(60, settings.SessionTokens.DefaultLifetimeSeconds);
        Assert.Equal(["x-more"], settings.Providers["openai"].RequestHeaders);
    }

    // Of two settings of one name the later one holds.
    private static IConfiguration Configuration(params (string Name, string Value)[] settings)
    {
        var values = new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase);
        foreach (var (name, value) in settings)
        {
            values[name] = value;
        }
        return new ConfigurationBuilder().AddInMemoryCollection(values).Build();
    }

    private static async Task<string> RefusalAsync(params (string Name, string Value)[] settings)
    {
        var directory = Path.Combine(Path.GetTempPath(), "credential-proxy-settings-" + Guid.NewGuid().ToString("N"));
        try
        {
            var configuration = Configuration([("PORT", "0"), ("CONTROL_PORT", "0"), ("CREDENTIAL_PROXY_DATA", directory), .. settings]);
            var error = await Assert.ThrowsAnyAsync<Exception>(async () =>
            {
                await using var host = await StandaloneHost.StartAsync(configuration, StandaloneOptions.Read(configuration, isDemo: false), _ => { }, CancellationToken.None);
            });
            Assert.Contains(error.GetType().Name, new[] { "StartupException", "InvalidProviderSettingException", "InvalidPriceFileException" });
            return error.Message;
        }
        finally
        {
            if (Directory.Exists(directory))
            {
                Directory.Delete(directory, recursive: true);
            }
        }
    }

    private static string Beyond(PropertyInfo setting, RangeAttribute range, int direction)
    {
        var bound = direction < 0 ? range.Minimum : range.Maximum;
        return setting.PropertyType switch
        {
            var type when type == typeof(TimeSpan) => (Span(bound) + TimeSpan.FromTicks(direction)).ToString("c", CultureInfo.InvariantCulture),
            var type when type == typeof(int) || type == typeof(long) => (Number(bound) + direction).ToString("0", CultureInfo.InvariantCulture),
            _ => (Number(bound) + (direction * 0.4m)).ToString(CultureInfo.InvariantCulture),
        };
    }

    private static string Bound(RangeAttribute range, int direction)
    {
        var bound = direction < 0 ? range.Minimum : range.Maximum;
        return range.OperandType == typeof(TimeSpan) ? AllowedValues.Show(Span(bound)) : Number(bound).ToString("0.######", CultureInfo.InvariantCulture);
    }

    private static TimeSpan Span(object bound) => bound as TimeSpan? ?? TimeSpan.Parse((string)bound, CultureInfo.InvariantCulture);

    private static decimal Number(object bound) => Convert.ToDecimal(bound, CultureInfo.InvariantCulture);
}
