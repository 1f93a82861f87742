using System.Security.Cryptography;
using CredentialProxy.ServiceDefaults.Configuration;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.AspNetCore.DataProtection.Repositories;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace CredentialProxy.ServiceDefaults.KeyRings;

/// <summary>
/// The key ring that seals secrets, on any store of its elements. It looks at the store again when it meets something sealed with a key that it doesn't know, so that processes which share a store
/// open what any of them has sealed.
/// </summary>
public sealed class KeyRing : IDataProtectionProvider
{
    /// <summary>Tells our secrets from those of others on the same ring. Whoever opens what another process sealed has the same.</summary>
    private const string Application = "CredentialProxy";

    /// <summary>Least time between two looks at the store for keys that are not known: what can't be opened must not become a flood of reads.</summary>
    private static readonly TimeSpan LookAgain = TimeSpan.FromSeconds(5);

    private readonly IXmlRepository _store;
    private readonly RingWrapping _wrapping;
    private readonly bool _makesKeys;
    private readonly ILoggerFactory _logs;
    private readonly TimeProvider _time;
    private long _lookedAt; // interlocked
    private volatile ServiceProvider _services;

    /// <summary>A ring on a store.</summary>
    /// <param name="store">Where its elements are.</param>
    /// <param name="wrapping">What they are wrapped with.</param>
    /// <param name="makesKeys">Whether it makes keys where they are missing or grow old: the control plane does, a gateway never.</param>
    /// <param name="logs">Where Data Protection logs to; it logs ids of keys and no key.</param>
    /// <param name="time">The time.</param>
    public KeyRing(IXmlRepository store, RingWrapping wrapping, bool makesKeys, ILoggerFactory logs, TimeProvider time)
    {
        (_store, _wrapping, _makesKeys, _logs, _time) = (store, wrapping, makesKeys, logs, time);
        _services = Build();
    }

    /// <summary>Data Protection on what the store held at the last look; another object after each.</summary>
    internal IServiceProvider Services => _services;

    /// <inheritdoc/>
    public IDataProtector CreateProtector(string purpose) => new RingProtector(this, [purpose]);

    /// <summary>Looks at the store again: the next secret is sealed and opened with what is there then.</summary>
    public void Refresh() => _services = Build();

    /// <summary>Makes sure that every key of the ring opens.</summary>
    /// <exception cref="StartupException">One does not; the message says what to do.</exception>
    public void Check()
    {
        var unopened = _services.GetRequiredService<IKeyManager>().GetAllKeys().Where(key => !key.IsRevoked && !Opens(key)).ToList();
        if (unopened.Count == 0)
        {
            return;
        }
        var missing = RingElements.MasterKeyIds(_store.GetAllElements()).Except(_wrapping.MasterKeys.Select(key => key.Id)).ToList();
        throw new StartupException(
            $"{unopened.Count} of the keys in the key ring can't be opened: they are wrapped with {(missing.Count > 0 ? $"the master key {string.Join(" and ", missing)} (this is its id)" : "a certificate, or a master key,")} "
            + $"that is not given. Give it as {RingNames.MasterKey}, or among {RingNames.OldMasterKeys} if it is no longer the present one; a certificate as {RingNames.Certificate}.");
    }

    /// <summary>Makes a new key at once, with which everything is sealed from now on.</summary>
    public void MakeKey()
    {
        var now = _time.GetUtcNow();
        var keys = _services.GetRequiredService<IKeyManager>();
        keys.CreateNewKey(now, now + TimeSpan.FromDays(90));
        Refresh();
    }

    internal bool TryLookAgain()
    {
        var (last, now) = (Volatile.Read(ref _lookedAt), _time.GetTimestamp());
        if ((last != 0 && _time.GetElapsedTime(last, now) < LookAgain) || Interlocked.CompareExchange(ref _lookedAt, now, last) != last)
        {
            return false;
        }
        Refresh();
        return true;
    }

    private static bool Opens(IKey key)
    {
        try
        {
            return key.CreateEncryptor() is not null;
        }
        catch (Exception e) when (e is CryptographicException or InvalidOperationException or System.Xml.XmlException or FormatException)
        {
            return false;
        }
    }

    private ServiceProvider Build()
    {
        var services = new ServiceCollection();
        services.AddSingleton(_logs).AddSingleton(typeof(ILogger<>), typeof(Logger<>));
        _wrapping.AddTo(services.AddDataProtection().SetApplicationName(Application));
        services.Configure<KeyManagementOptions>(options => (options.XmlRepository, options.AutoGenerateKeys) = (_store, _makesKeys));
        return services.BuildServiceProvider();
    }
}
