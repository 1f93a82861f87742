using System.Security.Cryptography;

namespace CredentialProxy.Gateway;

/// <summary>
/// Ids of requests: unique over all gateways by a random part drawn once a process, and rising within one, which keeps the usage table's index compact. No
/// secret, so a counter will do.
/// </summary>
internal static class RequestIds
{
    private const string Base32 = "0123456789abcdefghjkmnpqrstvwxyz";
    private const int ProcessLength = 13;
    private const int CounterLength = 9;

    private static readonly string Process = RandomNumberGenerator.GetString(Base32, ProcessLength);
    private static long _last;

    /// <summary>A new id, for example <c>req_7k2m…</c>.</summary>
    public static string Next() => string.Create(4 + ProcessLength + CounterLength, Interlocked.Increment(ref _last), static (span, number) =>
    {
        "req_".CopyTo(span);
        Process.CopyTo(span[4..]);
        for (var i = span.Length - 1; i >= 4 + ProcessLength; i--)
        {
            span[i] = Base32[(int)(number & 31)];
            number >>= 5;
        }
    });
}
