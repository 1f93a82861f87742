using System.Text;
using CredentialProxy.Core.Objects;
using CredentialProxy.Core.Providers.Tables;
using CredentialProxy.Gateway.Inspection;

namespace CredentialProxy.Fuzzing.Targets;

/// <summary>
/// Forms and the stored objects that their fields name. Whatever header and body say: nothing throws, and the same objects and models are found in however small pieces the body arrives.
/// Settings: provider, whether values are looked at, how many bytes arrive at a time. Then a line that is the Content-Type, and the body.
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
        var whole = Read(kinds, contentType, body, looksAtValues, body.Length + 1);
        Property.Same(whole, Read(kinds, contentType, body, looksAtValues, 1 + fuzz.Setting(2)), "The same is found in pieces.");
    }

    private static string Read(ObjectKinds kinds, string contentType, byte[] body, bool looksAtValues, int atATime)
    {
        using var stream = new SlowStream(body, atATime);
        var references = FormReferences.ReadAsync(kinds, contentType, stream, looksAtValues, CancellationToken.None).AsTask().GetAwaiter().GetResult();
        return references is null ? "no form" : string.Join('\n', references.All.Select(reference => $"{reference.Kind.Name} {reference.Id} {reference.Field}").Concat(references.Models));
    }

    private sealed class SlowStream(byte[] bytes, int atATime) : MemoryStream(bytes)
    {
        public override int Read(Span<byte> buffer) => base.Read(buffer[..Math.Min(atATime, buffer.Length)]);

        public override int Read(byte[] buffer, int offset, int count) => base.Read(buffer, offset, Math.Min(atATime, count));

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => base.ReadAsync(buffer[..Math.Min(atATime, buffer.Length)], cancellationToken);

        public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => base.ReadAsync(buffer, offset, Math.Min(atATime, count), cancellationToken);
    }
}
