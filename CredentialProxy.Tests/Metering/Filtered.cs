using System.Buffers;
using CredentialProxy.Core.Metering;

namespace CredentialProxy.Tests.Metering;

/// <summary>Feeds streams to filters.</summary>
internal static class Filtered
{
    /// <summary>What a filter lets through of a stream that comes in pieces of these sizes; the last one is what is left.</summary>
    public static byte[] Of(ReadOnlySpan<byte> stream, params ReadOnlySpan<int> sizes)
    {
        var filter = new UsageChunkFilter();
        var output = new ArrayBufferWriter<byte>();
        foreach (var size in sizes)
        {
            var part = Math.Min(size, stream.Length);
            filter.Process(stream[..part], output);
            stream = stream[part..];
        }
        filter.Process(stream, output);
        filter.Complete(output);
        return output.WrittenSpan.ToArray();
    }
}
