using System.Security.Cryptography;
using Aspire.Hosting.Publishing;

namespace CredentialProxy.AppHost;

/// <summary>Secrets that nobody has to think of: made at the first run, kept in the user's secrets, and asked for (or made) by whatever deploys.</summary>
internal static class Secrets
{
    /// <summary>Letters and digits, so that it fits into any connection string.</summary>
    private const int PasswordLength = 32;

    private const int MasterKeyBytes = 32;

    /// <summary>Adds a password.</summary>
    public static IResourceBuilder<ParameterResource> AddPassword(this IDistributedApplicationBuilder builder, string name) =>
        builder.AddParameter(name, new GenerateParameterDefault { MinLength = PasswordLength, Special = false }, secret: true, persist: true);

    /// <summary>Adds a master key: 32 random bytes as base64, which no tool that deploys knows how to make.</summary>
    public static IResourceBuilder<ParameterResource> AddMasterKey(this IDistributedApplicationBuilder builder, string name) =>
        builder.ExecutionContext.IsPublishMode ? builder.AddParameter(name, secret: true) : builder.AddParameter(name, new RandomBytes(), secret: true, persist: true);

    private sealed class RandomBytes : ParameterDefault
    {
        private readonly Lazy<string> _value = new(() => Convert.ToBase64String(RandomNumberGenerator.GetBytes(MasterKeyBytes)));

        public override string GetDefaultValue() => _value.Value;

        public override void WriteToManifest(ManifestPublishingContext context) => throw new NotSupportedException("A manifest holds no master key.");
    }
}
