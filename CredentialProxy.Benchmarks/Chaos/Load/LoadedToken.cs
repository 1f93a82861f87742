using System.Globalization;
using CredentialProxy.Benchmarks.Attacks.Overspend;

namespace CredentialProxy.Benchmarks.Chaos.Load;

/// <summary>A token and the accounts that it is charged to. Each of its requests names a model of its own, by which the mock and the records tell it from all others.</summary>
internal sealed class LoadedToken(int number, string id, string secret, IReadOnlyList<LimitedAccount> accounts)
{
    private int _requests; // interlocked

    public int Number => number;

    public string Id => id;

    public string Secret => secret;

    public IReadOnlyList<LimitedAccount> Accounts => accounts;

    public string NextModel() => string.Create(CultureInfo.InvariantCulture, $"{UnitAmounts.Plain}{number:00}-{Interlocked.Increment(ref _requests)}");
}
