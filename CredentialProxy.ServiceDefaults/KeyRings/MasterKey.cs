using System.Buffers.Text;
using System.Security.Cryptography;
using CredentialProxy.ServiceDefaults.Configuration;

namespace CredentialProxy.ServiceDefaults.KeyRings;

/// <summary>A key of 32 bytes that wraps the key ring, with AES-256-GCM. It is known by an id, which tells nothing of it.</summary>
internal sealed class MasterKey
{
    private const int KeyBytes = 32;
    private const int IdBytes = 8;
    private const int NonceBytes = 12;
    private const int TagBytes = 16;

    // So that an id is no hash of the key that anybody would make for another purpose.
    private static readonly byte[] IdPurpose = "CredentialProxy.MasterKey.Id.v1"u8.ToArray();

    private readonly byte[] _key;

    private MasterKey(byte[] key) => (_key, Id) = (key, Convert.ToHexStringLower(HMACSHA256.HashData(key, IdPurpose).AsSpan(0, IdBytes)));

    /// <summary>What it is known by, 16 hexadecimal digits.</summary>
    public string Id { get; }

    /// <summary>Reads one.</summary>
    /// <exception cref="StartupException">It is not 32 bytes of base64; the message names the setting and not the value.</exception>
    public static MasterKey Parse(string text, string setting)
    {
        var key = new byte[KeyBytes];
        var isKey = Base64.IsValid(text, out var length) && length == KeyBytes && Convert.TryFromBase64String(text, key, out _);
        return isKey
            ? new MasterKey(key)
            : throw new StartupException($"The setting {setting} is not valid: a master key is {KeyBytes} random bytes as base64. Make one with 'openssl rand -base64 {KeyBytes}'.");
    }

    /// <summary>Wraps; what comes out opens with the same key alone.</summary>
    public byte[] Wrap(ReadOnlySpan<byte> plain)
    {
        var wrapped = new byte[NonceBytes + plain.Length + TagBytes];
        var nonce = wrapped.AsSpan(0, NonceBytes);
        RandomNumberGenerator.Fill(nonce);
        using var aes = new AesGcm(_key, TagBytes);
        aes.Encrypt(nonce, plain, wrapped.AsSpan(NonceBytes, plain.Length), wrapped.AsSpan(NonceBytes + plain.Length), IdPurpose);
        return wrapped;
    }

    /// <summary>Opens what <see cref="Wrap"/> made.</summary>
    /// <exception cref="CryptographicException">It was wrapped with another key, or changed since.</exception>
    public byte[] Open(ReadOnlySpan<byte> wrapped)
    {
        if (wrapped.Length < NonceBytes + TagBytes)
        {
            throw new CryptographicException("The wrapped key is cut short.");
        }
        var plain = new byte[wrapped.Length - NonceBytes - TagBytes];
        using var aes = new AesGcm(_key, TagBytes);
        aes.Decrypt(wrapped[..NonceBytes], wrapped[NonceBytes..^TagBytes], wrapped[^TagBytes..], plain, IdPurpose);
        return plain;
    }
}
