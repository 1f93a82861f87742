using System.IO.Compression;
using CredentialProxy.MockProvider.Faults;

namespace CredentialProxy.MockProvider;

/// <summary>The body of an answer: compressed where the fault says so, no faster than it says, every flush reaching the client.</summary>
internal sealed class AnswerBody(Stream body, Fault fault)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    private readonly Stream _output = fault.Encoding switch
    {
        "gzip" => new GZipStream(body, CompressionLevel.Fastest, leaveOpen: true),
        "br" => new BrotliStream(body, CompressionLevel.Fastest, leaveOpen: true),
        "deflate" => new ZLibStream(body, CompressionLevel.Fastest, leaveOpen: true),
        // Any other name is claimed and not done.
        _ => body,
    };

    public async Task WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        if (fault.BytesPerSecond is not { } rate)
        {
            await _output.WriteAsync(bytes, cancellationToken);
            return;
        }
        var piece = Math.Max(1, rate / (int)(TimeSpan.FromSeconds(1) / Pause));
        while (!bytes.IsEmpty)
        {
            var length = Math.Min(piece, bytes.Length);
            await _output.WriteAsync(bytes[..length], cancellationToken);
            await FlushAsync(cancellationToken);
            bytes = bytes[length..];
            await Task.Delay(Pause, cancellationToken);
        }
    }

    public async Task FlushAsync(CancellationToken cancellationToken)
    {
        await _output.FlushAsync(cancellationToken);
        await body.FlushAsync(cancellationToken);
    }

    /// <summary>Writes what ends the compressed form; the body itself is the server's to end.</summary>
    public async Task EndAsync(CancellationToken cancellationToken)
    {
        if (_output != body)
        {
            await _output.DisposeAsync();
        }
        await body.FlushAsync(cancellationToken);
    }
}
