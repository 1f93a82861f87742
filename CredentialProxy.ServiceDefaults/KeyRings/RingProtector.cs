using System.Security.Cryptography;
using Microsoft.AspNetCore.DataProtection;

namespace CredentialProxy.ServiceDefaults.KeyRings;

/// <summary>Seals and opens for one purpose, with whatever the ring holds at the moment.</summary>
internal sealed class RingProtector(KeyRing ring, string[] purposes) : IDataProtector
{
    // Replaced as a whole: any number of callers at once.
    private volatile Made? _present;

    public IDataProtector CreateProtector(string purpose) => new RingProtector(ring, [.. purposes, purpose]);

    public byte[] Protect(byte[] plaintext) => Present().Protect(plaintext);

    public byte[] Unprotect(byte[] protectedData)
    {
        try
        {
            return Present().Unprotect(protectedData);
        }
        catch (CryptographicException) when (ring.TryLookAgain())
        {
            return Present().Unprotect(protectedData);
        }
    }

    private IDataProtector Present()
    {
        var generation = ring.Services;
        if (_present is not { } present || present.Generation != generation)
        {
            _present = present = new Made(generation, generation.GetDataProtectionProvider().CreateProtector(purposes));
        }
        return present.Protector;
    }

    private sealed record Made(IServiceProvider Generation, IDataProtector Protector);
}
