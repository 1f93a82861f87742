using System.Text;
using CredentialProxy.Core.Vault;
using Microsoft.AspNetCore.DataProtection;

namespace CredentialProxy.Tests.Vault;

public sealed class CredentialVaultTests : IDisposable
{
    private const string Key = "sk-canary-0123456789abcdef";

    private readonly CredentialVault _vault = new(new EphemeralDataProtectionProvider());
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("credential-proxy-");

    public void Dispose() => _directory.Delete(recursive: true);

    [Fact]
    public void What_is_sealed_opens_again_and_does_not_hold_the_key()
    {
        var sealedKey = _vault.Seal(Key);

        Assert.Equal(Key, _vault.TryOpen(sealedKey, out var error)?.Reveal());
        Assert.Equal("", error);
        Assert.StartsWith("sealed:", sealedKey, StringComparison.Ordinal);
        foreach (var text in new[] { Key, Convert.ToBase64String(Encoding.UTF8.GetBytes(Key))[..20], Convert.ToHexString(Encoding.UTF8.GetBytes(Key)) })
        {
            Assert.DoesNotContain(text, sealedKey, StringComparison.OrdinalIgnoreCase);
        }
        Assert.NotEqual(sealedKey, _vault.Seal(Key));
    }

    [Fact]
    public void A_key_sealed_with_another_key_ring_does_not_open()
    {
        var other = new CredentialVault(new EphemeralDataProtectionProvider()).Seal(Key);

        Assert.Null(_vault.TryOpen(other, out var error));
        Assert.Equal("it was sealed with another key ring", error);
    }

    [Theory]
    [InlineData("sealed:")]
    [InlineData("sealed:AAAA")]
    [InlineData("sealed:not base64!")]
    [InlineData("")]
    [InlineData(Key)]
    [InlineData("ENV:HOME")]
    [InlineData("env:")]
    [InlineData("env:NO_SUCH_VARIABLE_IN_ANY_TEST")]
    [InlineData("file:")]
    [InlineData("file:/no/such/file")]
    [InlineData("file:/")]
    [InlineData("file:a\0b")]
    [InlineData("env:a\0b")]
    public void What_leads_nowhere_is_an_error_that_does_not_tell_the_key(string stored)
    {
        Assert.Null(_vault.TryOpen(stored, out var error));
        Assert.NotEqual("", error);
        Assert.DoesNotContain(Key, error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_reference_is_stored_as_it_is_and_followed_each_time()
    {
        var path = Path.Combine(_directory.FullName, "key");
        var stored = _vault.Seal("file:" + path);
        Assert.Equal("file:" + path, stored);

        File.WriteAllText(path, $"  {Key}\n");
        Assert.Equal(Key, _vault.TryOpen(stored, out _)?.Reveal());
        File.WriteAllText(path, "rotated", new UTF8Encoding(encoderShouldEmitUTF8Identifier: true));
        Assert.Equal("rotated", _vault.TryOpen(stored, out _)?.Reveal());
        File.WriteAllText(path, " \n");
        Assert.Null(_vault.TryOpen(stored, out _));
    }

    [Fact]
    public void A_variable_is_followed()
    {
        var name = "CREDENTIAL_PROXY_TEST_" + Guid.NewGuid().ToString("N");
        Environment.SetEnvironmentVariable(name, Key + "\n");

        Assert.Equal(Key, _vault.TryOpen(_vault.Seal("env:" + name), out _)?.Reveal());
        Environment.SetEnvironmentVariable(name, null);
        Assert.Null(_vault.TryOpen("env:" + name, out var error));
        Assert.Contains(name, error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_too_large_for_a_key_is_not_read_whole()
    {
        var path = Path.Combine(_directory.FullName, "large");
        File.WriteAllText(path, new string('x', (64 * 1024) + 1));

        Assert.Null(_vault.TryOpen("file:" + path, out var error));
        Assert.Contains(path, error, StringComparison.Ordinal);
        Assert.True(OperatingSystem.IsWindows() || _vault.TryOpen("file:/dev/zero", out _) is null);
    }
}
