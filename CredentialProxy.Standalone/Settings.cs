using System.Diagnostics.CodeAnalysis;
using CredentialProxy.Admin.Keeping;
using CredentialProxy.Gateway.Hosting;
using CredentialProxy.ServiceDefaults.Configuration;

namespace CredentialProxy.Standalone;

/// <summary>Every setting that stands in a section. All are read before anything is opened, so that a wrong one leaves nothing behind.</summary>
internal sealed record Settings : GatewaySettings
{
    [SetsRequiredMembers]
    private Settings(GatewaySettings gateway, AccountSettings accounts, KeepingOptions keeping)
        : base(gateway) => (Accounts, Keeping) = (accounts, keeping);

    public required AccountSettings Accounts { get; init; }

    public required KeepingOptions Keeping { get; init; }

    /// <summary>Reads them.</summary>
    /// <exception cref="StartupException">One is wrong; the message names it and says what is allowed.</exception>
    public static new Settings Read(IConfiguration configuration) =>
        new(GatewaySettings.Read(configuration), SettingsReader.Read<AccountSettings>(configuration, AccountSettings.Section), SettingsReader.Read<KeepingOptions>(configuration, KeepingOptions.Section));
}
