using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using CredentialProxy.ServiceDefaults.Configuration;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.AspNetCore.DataProtection.XmlEncryption;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace CredentialProxy.ServiceDefaults.KeyRings;

/// <summary>What the key ring is wrapped with: a master key, a certificate, or, outside of production alone, nothing.</summary>
public sealed class RingWrapping
{
    private const int MaxFileBytes = 64 * 1024;

    private readonly X509Certificate2? _certificate;

    private RingWrapping(IReadOnlyList<MasterKey> masterKeys, bool hasMasterKey, X509Certificate2? certificate) =>
        (MasterKeys, HasMasterKey, _certificate) = (masterKeys, hasMasterKey, certificate);

    /// <summary>Whether anything wraps it.</summary>
    public bool IsSecure => HasMasterKey || _certificate is not null;

    /// <summary>Those that open, the newest first.</summary>
    internal IReadOnlyList<MasterKey> MasterKeys { get; }

    private bool HasMasterKey { get; }

    /// <summary>Reads the settings; see <see cref="RingNames"/>.</summary>
    /// <exception cref="StartupException">One is wrong, or there is none in production.</exception>
    public static RingWrapping Read(IConfiguration configuration)
    {
        var newest = Value(configuration, RingNames.MasterKey);
        var old = (Value(configuration, RingNames.OldMasterKeys) ?? "").Split([' ', ',', '\n', '\r', '\t'], StringSplitOptions.RemoveEmptyEntries);
        List<MasterKey> keys = newest is null ? [] : [MasterKey.Parse(newest, RingNames.MasterKey)];
        keys.AddRange(old.Select(key => MasterKey.Parse(key, RingNames.OldMasterKeys)));
        var wrapping = new RingWrapping(keys, newest is not null, ReadCertificate(configuration));
        return wrapping.IsSecure || !IsProduction(configuration)
            ? wrapping
            : throw new StartupException($"The key ring must be wrapped in production: set {RingNames.MasterKey} to a master key ('openssl rand -base64 32' makes one), or {RingNames.Certificate} to the path of a certificate.");
    }

    /// <summary>What wraps an element of the ring; null for nothing.</summary>
    internal IXmlEncryptor? Encryptor(IServiceProvider services) => HasMasterKey
        ? new MasterKeyEncryptor(MasterKeys[0])
        : services.GetRequiredService<Microsoft.Extensions.Options.IOptions<KeyManagementOptions>>().Value.XmlEncryptor;

    /// <summary>Whether something was wrapped with what would wrap it today.</summary>
    internal bool IsNewest(string? masterKeyId) => HasMasterKey ? masterKeyId == MasterKeys[0].Id : masterKeyId is null;

    /// <summary>Sets Data Protection up.</summary>
    internal void AddTo(IDataProtectionBuilder builder)
    {
        builder.Services.AddSingleton(this);
        if (_certificate is not null)
        {
            builder.ProtectKeysWithCertificate(_certificate).UnprotectKeysWithAnyCertificate(_certificate);
        }
        if (HasMasterKey)
        {
            builder.Services.Configure<KeyManagementOptions>(options => options.XmlEncryptor = new MasterKeyEncryptor(MasterKeys[0]));
        }
    }

    private static X509Certificate2? ReadCertificate(IConfiguration configuration)
    {
        if (configuration[RingNames.Certificate] is not { Length: > 0 } path)
        {
            return null;
        }
        try
        {
            var certificate = X509CertificateLoader.LoadPkcs12FromFile(path, Value(configuration, RingNames.CertificatePassword), X509KeyStorageFlags.EphemeralKeySet);
            using var key = certificate.GetRSAPrivateKey();
            return key is not null ? certificate : throw new StartupException($"The certificate that {RingNames.Certificate} names has no private RSA key, so that it could open nothing.");
        }
        catch (CryptographicException e)
        {
            throw new StartupException($"The certificate that {RingNames.Certificate} names can't be opened: it is no PKCS#12 file, or {RingNames.CertificatePassword} is wrong.", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StartupException($"The certificate that {RingNames.Certificate} names can't be read.", e);
        }
    }

    private static string? Value(IConfiguration configuration, string name)
    {
        var text = configuration[name];
        if (string.IsNullOrWhiteSpace(text) && configuration[name + RingNames.FileSuffix] is { Length: > 0 } path)
        {
            text = ReadFile(name + RingNames.FileSuffix, path);
        }
        return string.IsNullOrWhiteSpace(text) ? null : text.Trim();
    }

    private static string ReadFile(string setting, string path)
    {
        try
        {
            using var file = File.OpenRead(path);
            var buffer = new byte[MaxFileBytes];
            var text = System.Text.Encoding.UTF8.GetString(buffer, 0, file.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false));
            return string.IsNullOrWhiteSpace(text) ? throw new StartupException($"The file that {setting} names is empty.") : text;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw new StartupException($"The file that {setting} names can't be read.", e);
        }
    }

    // As the host itself decides; what is not said is production.
    private static bool IsProduction(IConfiguration configuration) =>
        string.Equals(configuration["ASPNETCORE_ENVIRONMENT"] ?? configuration["DOTNET_ENVIRONMENT"] ?? Environments.Production, Environments.Production, StringComparison.OrdinalIgnoreCase);
}
