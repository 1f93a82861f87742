using System.Buffers;
using CredentialProxy.Core.Objects;
using CredentialProxy.Core.Providers;
using CredentialProxy.Core.Providers.Tables;
using CredentialProxy.Fuzzing.References;

namespace CredentialProxy.Fuzzing.Targets;

/// <summary>
/// The stored objects that bodies name. Whatever the bytes are: nothing throws; what System.Text.Json calls malformed is refused; the objects and models are the same however the body is cut, and
/// those that a walk over the whole document finds.
/// Settings: dialect, provider, whether values are looked at, how it is cut.
/// </summary>
internal sealed class ReferenceTarget : FuzzTarget
{
    private static readonly Dialect[] Dialects = Enum.GetValues<Dialect>();
    private static readonly ObjectKinds[] Providers = [EndpointFile.OpenAI.Kinds, EndpointFile.Anthropic.Kinds, EndpointFile.Gemini.Kinds, EndpointFile.OpenRouter.Kinds];

    /// <inheritdoc/>
    public override string Name => "references";

    /// <inheritdoc/>
    public override IEnumerable<string> Words => JsonWords.Of(
        Providers.SelectMany(kinds => kinds.All).SelectMany(kind => kind.Fields.Concat(kind.ManagedFields)).SelectMany(member => member.Split('.'))
            .Concat(["type", "id", "input", "items", "model", "messages", "content", "max_tokens", "metadata", "parameters", "args", "response", "tools", "source", "file", "contents", "parts"]))
        .Concat(Providers.SelectMany(kinds => kinds.All).SelectMany(kind => kind.Prefixes.Concat(kind.Types).Concat(kind.Words))).Concat(["\"item_reference\"", "https://x/v1beta/files/"]);

    /// <inheritdoc/>
    public override void Run(ReadOnlySpan<byte> input)
    {
        var fuzz = new FuzzInput(input);
        var body = fuzz.Bytes.ToArray();
        var dialect = fuzz.Pick<Dialect>(0, Dialects);
        var kinds = fuzz.Pick<ObjectKinds>(1, Providers);
        var looksAtValues = dialect == Dialect.None && fuzz.Setting(2) % 2 == 1;
        var error = ReferenceReader.Read(kinds, dialect, new ReadOnlySequence<byte>(body), looksAtValues, out var references);
        foreach (var cuts in Cuts.Of(fuzz, 3))
        {
            var again = ReferenceReader.Read(kinds, dialect, CutBody.Of(body, cuts), looksAtValues, out var cutReferences);
            Property.Same(error, again, "A refusal is the same however the body is cut.");
            Property.Same(Text(references), Text(cutReferences), "What is named is the same however the body is cut.");
        }
        using var document = PlainJson.TryParse(body);
        Property.Holds(document is not null || error is not null, "What is malformed is refused.");
        if (error is not null)
        {
            return;
        }
        Property.Holds(!PlainReferences.SaysTwice(dialect, document!.RootElement), "An object that says twice what it is, or which, is refused.");
        Property.Same(Text(PlainReferences.Of(kinds, dialect, looksAtValues, document!.RootElement)), Text(references), "What is named is what a walk over the document finds.");
    }

    private static string Text(Core.Objects.References references) =>
        string.Join('\n', references.All.Select(reference => $"{reference.Kind.Name} {reference.Id}").Concat(references.Models).Append(references.AreTooMany ? "too many" : ""));
}
