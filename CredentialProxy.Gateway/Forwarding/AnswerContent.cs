using System.Net;
using CredentialProxy.Gateway.Metering;

namespace CredentialProxy.Gateway.Forwarding;

/// <summary>Puts the meter, and what else the answer needs, around the upstream's content.</summary>
internal sealed class AnswerContent(HttpContent upstream, AnswerMeter answer) : HttpContent
{
    protected override Task<Stream> CreateContentReadStreamAsync() => CreateContentReadStreamAsync(CancellationToken.None);

    // An answer of which the headers have been read has its stream at hand: nothing is waited for.
    protected override Task<Stream> CreateContentReadStreamAsync(CancellationToken cancellationToken) =>
        Task.FromResult(answer.Wrap(upstream.ReadAsStream(cancellationToken)));

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
    {
        await using var content = await CreateContentReadStreamAsync();
        await content.CopyToAsync(stream);
    }

    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            upstream.Dispose();
        }
        base.Dispose(disposing);
    }
}
