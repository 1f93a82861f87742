using CredentialProxy.Tests.Attacks;
using CredentialProxy.Tests.Distributed;
using CredentialProxy.Tests.Faults;
using CredentialProxy.Tests.Rebuilding;
using CredentialProxy.Tests.Recording;
using CredentialProxy.Tests.Standalone;
using CredentialProxy.Tests.Storage;
using Xunit.Sdk;
using Xunit.v3;

[assembly: TestCollectionOrderer(typeof(CredentialProxy.Tests.Running.LongestFirst))]

namespace CredentialProxy.Tests.Running;

/// <summary>Has the classes that take longest begin first: one that begins last runs alone, and everybody waits for it.</summary>
public sealed class LongestFirst : ITestCollectionOrderer
{
    private static readonly string[] Longest = [.. new[]
    {
        typeof(KillTests), typeof(DemoGuardTests), typeof(SlowClientAttacks), typeof(MigrateCommandTests), typeof(LostAccountsTests), typeof(WorstOverspendTests), typeof(RollUpProperties), typeof(RollingTests),
    }.Select(type => type.FullName!)];

    public IReadOnlyCollection<TTestCollection> OrderTestCollections<TTestCollection>(IReadOnlyCollection<TTestCollection> testCollections)
        where TTestCollection : ITestCollection =>
        [.. testCollections.OrderBy(collection => Array.FindIndex(Longest, name => collection.TestCollectionDisplayName.Contains(name, StringComparison.Ordinal)) is var index && index < 0 ? Longest.Length : index)
            .ThenBy(collection => collection.UniqueID, StringComparer.Ordinal)];
}
