using System.Buffers;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace CredentialProxy.Core.Tokens;

/// <summary>SHA-256 of a token: what stands for it in caches and stores. The token can't be got back from it.</summary>
public readonly struct TokenHash : IEquatable<TokenHash>
{
    /// <summary>Longest token looked at, in bytes; a longer one is refused unread.</summary>
    public const int MaxTokenBytes = 16 * 1024;

    private readonly ulong _a;
    private readonly ulong _b;
    private readonly ulong _c;
    private readonly ulong _d;

    private TokenHash(ReadOnlySpan<byte> digest)
    {
        var words = MemoryMarshal.Cast<byte, ulong>(digest);
        (_a, _b, _c, _d) = (words[0], words[1], words[2], words[3]);
    }

    /// <summary>A part of the hash, for tables that may confuse two tokens now and then.</summary>
    public long Fingerprint => (long)_b;

    /// <summary>Hashes a token of at most <see cref="MaxTokenBytes"/> UTF-8 bytes.</summary>
    /// <exception cref="ArgumentException">The token is longer.</exception>
    public static TokenHash Of(ReadOnlySpan<char> token)
    {
        Span<byte> small = stackalloc byte[1024];
        var size = token.Length > MaxTokenBytes ? int.MaxValue : Encoding.UTF8.GetByteCount(token);
        if (size > MaxTokenBytes)
        {
            throw new ArgumentException("The token is too long.", nameof(token));
        }
        Span<byte> utf8 = size <= small.Length ? small : new byte[size];
        var written = Encoding.UTF8.GetBytes(token, utf8);
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(utf8[..written], digest);
        return new TokenHash(digest);
    }

    /// <summary>Reads a hash as <see cref="ToString"/> writes it.</summary>
    /// <exception cref="FormatException">It is something else.</exception>
    public static TokenHash Parse(string hex) =>
        hex.Length == SHA256.HashSizeInBytes * 2 ? new(Convert.FromHexString(hex)) : throw new FormatException("A token's hash has 64 hexadecimal digits.");

    /// <summary>Reads a hash as <see cref="ToString"/> writes it; false when it is something else.</summary>
    public static bool TryParse(string? hex, out TokenHash hash)
    {
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        var isHash = hex?.Length == digest.Length * 2 && Convert.FromHexString(hex, digest, out _, out _) == OperationStatus.Done;
        hash = isHash ? new TokenHash(digest) : default;
        return isHash;
    }

    /// <inheritdoc/>
    public bool Equals(TokenHash other) => ((_a ^ other._a) | (_b ^ other._b) | (_c ^ other._c) | (_d ^ other._d)) == 0;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is TokenHash other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => _a.GetHashCode();

    /// <summary>Lower-case hexadecimal, 64 characters.</summary>
    public override string ToString()
    {
        ReadOnlySpan<ulong> words = [_a, _b, _c, _d];
        return Convert.ToHexStringLower(MemoryMarshal.AsBytes(words));
    }

    /// <summary>Whether two hashes are equal.</summary>
    public static bool operator ==(TokenHash left, TokenHash right) => left.Equals(right);

    /// <summary>Whether two hashes differ.</summary>
    public static bool operator !=(TokenHash left, TokenHash right) => !left.Equals(right);
}
