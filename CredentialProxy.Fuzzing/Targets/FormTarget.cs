using System.Buffers;
using System.Text;
using CredentialProxy.Core.Inspection;
using CredentialProxy.Core.Objects;
using CredentialProxy.Core.Providers.Tables;
using CredentialProxy.Gateway.Inspection;

namespace CredentialProxy.Fuzzing.Targets;

/// <summary>
/// Forms and the stored objects that their fields name. Whatever header and body say: nothing throws, and the same objects and models are found however the body is cut.
/// Settings: provider, whether values are looked at, how it is cut. Then a line that is the Content-Type, and the body.
/// </summary>
internal sealed class FormTarget : FuzzTarget
{
    private static readonly ObjectKinds[] Providers = [EndpointFile.OpenAI.Kinds, EndpointFile.Anthropic.Kinds, EndpointFile.Gemini.Kinds];

    /// <inheritdoc/>
    public override string Name => "forms";

    /// <inheritdoc/>
    public override IEnumerable<string> Words => ["multipart/form-data; boundary=", "--", "\r\n", "\r\n\r\n", "\n", "Content-Disposition: form-data; name=\"", "filename=\"", "filename*=UTF-8''", "Content-Type: text/plain", "\"",
        "name*=", "file_id", "image[file_id]", "model", "file-abcdefghij0123456789", "b--", "boundary=\"\""];

    /// <inheritdoc/>
    public override void Run(ReadOnlySpan<byte> input)
    {
        var fuzz = new FuzzInput(input);
        var end = Math.Max(0, fuzz.Bytes.IndexOf((byte)'\n'));
        var contentType = Encoding.UTF8.GetString(fuzz.Bytes[..end]);
        var body = fuzz.Bytes[Math.Min(end + 1, fuzz.Bytes.Length)..].ToArray();
        var kinds = fuzz.Pick<ObjectKinds>(0, Providers);
        var looksAtValues = fuzz.Setting(1) % 2 == 1;
        var whole = Read(kinds, contentType, new ReadOnlySequence<byte>(body), looksAtValues);
        foreach (var cuts in new[] { Cuts.Everywhere(body.Length), Cuts.Drawn(fuzz.Setting(2), body.Length) })
        {
            Property.Same(whole, Read(kinds, contentType, CutBody.Of(body, cuts), looksAtValues), "The same is found however the body is cut.");
        }
    }

    // Through the stream that the gateway reads a form by.
    private static string Read(ObjectKinds kinds, string contentType, ReadOnlySequence<byte> body, bool looksAtValues)
    {
        using var stream = default(BodyEdits).Open(body);
        var references = FormReferences.ReadAsync(kinds, contentType, stream, looksAtValues, CancellationToken.None).AsTask().GetAwaiter().GetResult();
        return references is null ? "no form" : string.Join('\n', references.All.Select(reference => $"{reference.Kind.Name} {reference.Id} {reference.Field}").Concat(references.Models));
    }
}
