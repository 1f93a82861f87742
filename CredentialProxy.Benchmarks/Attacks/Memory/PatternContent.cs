using System.Net;

namespace CredentialProxy.Benchmarks.Attacks.Memory;

/// <summary>A body of so many bytes that is never in memory as a whole.</summary>
internal sealed class PatternContent(long length) : HttpContent
{
    private const int PieceBytes = 64 * 1024;

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
    {
        var piece = new byte[PieceBytes];
        for (var left = length; left > 0; left -= piece.Length)
        {
            await stream.WriteAsync(piece.AsMemory(0, (int)Math.Min(left, piece.Length)));
        }
    }

    protected override bool TryComputeLength(out long computed)
    {
        computed = length;
        return true;
    }
}
