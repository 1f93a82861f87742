using System.Security.Cryptography;
using CredentialProxy.ServiceDefaults.KeyRings;
using Microsoft.Extensions.Configuration;

namespace CredentialProxy.Tests.KeyRings;

/// <summary>What a key ring is wrapped with in a test.</summary>
internal static class RingSettingsOf
{
    /// <summary>A new master key.</summary>
    public static string NewMasterKey() => Convert.ToBase64String(RandomNumberGenerator.GetBytes(32));

    public static RingWrapping Wrapping(params (string Name, string Value)[] settings) => RingWrapping.Read(
        new ConfigurationBuilder().AddInMemoryCollection(settings.ToDictionary(setting => setting.Name, setting => (string?)setting.Value)).Build());

    public static RingWrapping MasterKey(string newest, string old = "") => Wrapping((RingNames.MasterKey, newest), (RingNames.OldMasterKeys, old));
}
