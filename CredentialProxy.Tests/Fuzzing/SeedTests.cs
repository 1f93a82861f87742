using CredentialProxy.Fuzzing;
using CredentialProxy.Tests.Architecture;

namespace CredentialProxy.Tests.Fuzzing;

/// <summary>Every input that a fuzzer starts from, or once broke something with, goes through its target.</summary>
public sealed class SeedTests
{
    private static readonly string Seeds = Path.Combine(Repository.Root, "CredentialProxy.Fuzzing", "Seeds");

    public static TheoryData<string> Names => [.. FuzzTargets.All.Select(target => target.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    [Trait("threat", "avail-2")]
    [Trait("threat", "reach-1")]
    [Trait("threat", "key-1")]
    [Trait("threat", "token-1")]
    public void What_a_target_promises_holds_for_each_of_its_seeds(string name)
    {
        var target = FuzzTargets.Find(name)!;
        var seeds = Directory.GetFiles(Path.Combine(Seeds, name));
        Assert.NotEmpty(seeds);
        Assert.All(seeds, seed => Assert.Null(Record.Exception(() => target.Run(File.ReadAllBytes(seed)))));
    }

    [Fact]
    public void Every_folder_of_seeds_is_a_target_s() => Assert.Equal(Names.Select(row => row.Data).Order(StringComparer.Ordinal), Directory.GetDirectories(Seeds).Select(Path.GetFileName).Order(StringComparer.Ordinal));

    [Theory]
    [MemberData(nameof(Names))]
    public void A_target_takes_bytes_that_make_no_sense(string name)
    {
        foreach (var length in new[] { 0, 1, 2, 300 })
        {
            FuzzTargets.Find(name)!.Run(new byte[length]);
        }
    }
}
