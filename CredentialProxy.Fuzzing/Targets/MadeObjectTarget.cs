using CredentialProxy.Core.Objects;
using CredentialProxy.Core.Providers;

namespace CredentialProxy.Fuzzing.Targets;

/// <summary>
/// Answers that name what a request has made, so that it belongs to its maker. Whatever the bytes are: nothing throws, the same objects are found however they are cut, and the time grows with the length,
/// which is looked at where the last setting says so.
/// Settings: endpoint, whether the answer is a stream of events, how it is cut, whether the time is looked at.
/// </summary>
internal sealed class MadeObjectTarget : FuzzTarget
{
    private static readonly MadePaths[] Paths = [.. KnownProviders.All.SelectMany(provider => provider.Endpoints.All).Select(endpoint => endpoint.Makes).OfType<MadePaths>().DistinctBy(paths => string.Join(' ', paths.Texts))];

    /// <inheritdoc/>
    public override string Name => "made-objects";

    /// <inheritdoc/>
    public override IEnumerable<string> Words => JsonWords.Of(Paths.SelectMany(paths => paths.Texts).SelectMany(text => text.Split(": ")[1].Replace("[]", "", StringComparison.Ordinal).Split('.')).Distinct())
        .Concat(["data: ", "data:", "\n\n", "\r\n", "\r", "resp_1", "files/abc"]);

    /// <inheritdoc/>
    public override void Run(ReadOnlySpan<byte> input)
    {
        var fuzz = new FuzzInput(input);
        var paths = fuzz.Pick<MadePaths>(0, Paths);
        var isEventStream = fuzz.Setting(1) % 2 == 1;
        var answer = fuzz.Bytes.ToArray();
        var whole = Read(paths, isEventStream, answer, []);
        foreach (var cuts in Cuts.Of(fuzz, 2))
        {
            Property.Same(whole, Read(paths, isEventStream, answer, cuts), "The same objects are found however the answer is cut.");
        }
        if (fuzz.Setting(3) == 1)
        {
            LinearTime.Check(bytes => Read(paths, isEventStream, bytes, []), answer);
        }
    }

    private static string Read(MadePaths paths, bool isEventStream, ReadOnlySpan<byte> answer, int[] cuts)
    {
        var scanner = new MadeObjectScanner(paths, isEventStream);
        var found = new List<string>();
        var start = 0;
        foreach (var cut in cuts.Append(answer.Length))
        {
            found.AddRange(scanner.Read(answer[start..cut]).Select(entry => $"{entry.Kind.Name} {entry.Id}"));
            start = cut;
        }
        return string.Join('\n', found);
    }
}
