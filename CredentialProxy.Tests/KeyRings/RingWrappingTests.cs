using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Xml.Linq;
using CredentialProxy.Core.Vault;
using CredentialProxy.ServiceDefaults.Configuration;
using CredentialProxy.ServiceDefaults.KeyRings;
using Microsoft.AspNetCore.DataProtection.Repositories;
using Microsoft.Extensions.Logging.Abstractions;

namespace CredentialProxy.Tests.KeyRings;

/// <summary>What the key ring is wrapped with, and what stops a start.</summary>
public sealed class RingWrappingTests : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("credential-proxy-");

    public void Dispose() => _directory.Delete(recursive: true);

    [Theory]
    [InlineData(null, true)]
    [InlineData("Production", true)]
    [InlineData("Development", false)]
    public void Production_does_not_start_without_a_wrapping(string? environment, bool isRefused)
    {
        (string, string)[] settings = environment is null ? [] : [("ASPNETCORE_ENVIRONMENT", environment)];
        if (isRefused)
        {
            Assert.Contains(RingNames.MasterKey, Assert.Throws<StartupException>(() => RingSettingsOf.Wrapping(settings)).Message, StringComparison.Ordinal);
            return;
        }
        Assert.False(RingSettingsOf.Wrapping(settings).IsSecure);
    }

    [Theory]
    [InlineData("AAAA-canary")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=AAAA")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    public void A_master_key_of_another_form_is_refused_and_not_repeated(string key)
    {
        var error = Assert.Throws<StartupException>(() => RingSettingsOf.MasterKey(key));
        Assert.Contains(RingNames.MasterKey, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(key, error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_master_key_may_be_in_a_file()
    {
        var path = Path.Combine(_directory.FullName, "key");
        File.WriteAllText(path, RingSettingsOf.NewMasterKey() + "\n");
        Assert.True(RingSettingsOf.Wrapping((RingNames.MasterKey + RingNames.FileSuffix, path)).IsSecure);
        Assert.Contains("can't be read", Assert.Throws<StartupException>(() => RingSettingsOf.Wrapping((RingNames.MasterKey + RingNames.FileSuffix, path + "x"))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_certificate_wraps_too_and_a_ring_moves_from_one_to_the_other()
    {
        var (path, store) = (MakeCertificate("secret"), new Elements());
        var certificate = RingSettingsOf.Wrapping((RingNames.Certificate, path), (RingNames.CertificatePassword, "secret"));
        var sealedKey = new CredentialVault(Ring(store, certificate)).Seal("sk-canary");
        Assert.Equal("sk-canary", new CredentialVault(Ring(store, certificate)).TryOpen(sealedKey, out _)?.Reveal());

        var masterKey = RingSettingsOf.NewMasterKey();
        var both = RingSettingsOf.Wrapping((RingNames.Certificate, path), (RingNames.CertificatePassword, "secret"), (RingNames.MasterKey, masterKey));
        store.Replace(element => RingElements.WrapAnew(element, Ring(store, both), both)!);

        Assert.Equal("sk-canary", new CredentialVault(Ring(store, RingSettingsOf.MasterKey(masterKey))).TryOpen(sealedKey, out _)?.Reveal());
        Assert.Contains(RingNames.Certificate, Assert.Throws<StartupException>(Ring(store, certificate).Check).Message, StringComparison.Ordinal);
        var error = Assert.Throws<StartupException>(() => RingSettingsOf.Wrapping((RingNames.Certificate, path), (RingNames.CertificatePassword, "wrong-canary")));
        Assert.DoesNotContain("wrong-canary", error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_ring_that_was_not_wrapped_is_wrapped_anew()
    {
        var (open, store, masterKey) = (RingSettingsOf.Wrapping(("DOTNET_ENVIRONMENT", "Development")), new Elements(), RingSettingsOf.MasterKey(RingSettingsOf.NewMasterKey()));
        var sealedKey = new CredentialVault(Ring(store, open)).Seal("sk-canary");

        store.Replace(element => RingElements.WrapAnew(element, Ring(store, masterKey), masterKey)!);

        Assert.DoesNotContain("<value>", string.Concat(store.GetAllElements()), StringComparison.Ordinal);
        Assert.Equal("sk-canary", new CredentialVault(Ring(store, masterKey)).TryOpen(sealedKey, out _)?.Reveal());
        Assert.All(store.GetAllElements(), element => Assert.Null(RingElements.WrapAnew(element, Ring(store, masterKey), masterKey)));
    }

    private static KeyRing Ring(Elements store, RingWrapping wrapping) => new(store, wrapping, makesKeys: true, NullLoggerFactory.Instance, TimeProvider.System);

    private string MakeCertificate(string password)
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=ring", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        using var certificate = request.CreateSelfSigned(TimeProvider.System.GetUtcNow().AddDays(-1), TimeProvider.System.GetUtcNow().AddDays(1));
        var path = Path.Combine(_directory.FullName, "ring.pfx");
        File.WriteAllBytes(path, certificate.Export(X509ContentType.Pkcs12, password));
        return path;
    }

    private sealed class Elements : IXmlRepository
    {
        private List<XElement> _elements = [];

        public IReadOnlyCollection<XElement> GetAllElements() => [.. _elements.Select(element => new XElement(element))];

        public void StoreElement(XElement element, string friendlyName) => _elements.Add(element);

        public void Replace(Func<XElement, XElement> with) => _elements = [.. GetAllElements().Select(with)];
    }
}
