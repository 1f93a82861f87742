using System.Buffers;
using CredentialProxy.Core.Metering;
using CredentialProxy.Gateway.Forwarding;
using CredentialProxy.Gateway.Ownership;
using CredentialProxy.Gateway.Redacting;
using CredentialProxy.Gateway.Refusals;
using Microsoft.Net.Http.Headers;

namespace CredentialProxy.Gateway.Metering;

/// <summary>
/// Follows one answer on its way to the client: reads the usage out of it, keeps its deadlines, and has it settled as soon as its usage is final, which
/// is before the client can have its last byte.
/// </summary>
internal sealed class AnswerMeter
{
    private readonly ProxyRequest _request;
    private readonly UsageMeter? _usage;
    private readonly OpenRequests _openRequests;
    private readonly Settler _settler;
    private readonly TimeProvider _time;
    private readonly string? _coding;
    private readonly long? _length;
    private long _received;
    private Silence _silence;
    private int _visible;

    public AnswerMeter(
        ProxyRequest request, HttpResponseMessage response, bool isEventStream, UsageMeter? usage, AnswerObjects? objects, OpenRequests openRequests, Settler settler,
        TimeProvider time)
    {
        _request = request;
        _usage = usage;
        _openRequests = openRequests;
        _settler = settler;
        _time = time;
        _silence = new Silence(request.Open!.SentTimestamp);
        IsEventStream = isEventStream;
        StatusCode = (int)response.StatusCode;
        Objects = objects;
        _coding = ContentCodings.Of(response);
        IsUnreadable = (_coding is not null && !ContentCodings.CanDecode(_coding)) || StatusCode < StatusCodes.Status200OK || ContentCodings.HasNoLengthAsStated(response);
        // Where the body comes in chunks, a length beside them is not its length (RFC 9112 §6.3).
        _length = _coding is null && !response.Headers.NonValidated.Contains(HeaderNames.TransferEncoding) ? response.Content.Headers.ContentLength : null;
    }

    /// <summary>The upstream's status.</summary>
    public int StatusCode { get; }

    public bool IsEventStream { get; }

    /// <summary>Whether it is anything but a success.</summary>
    public bool IsError => StatusCode >= StatusCodes.Status300MultipleChoices;

    /// <summary>Whether the answer is coded or framed in a way that can't be read, or of a protocol that nobody asked for, so that nobody knows what it says.</summary>
    public bool IsUnreadable { get; private set; }

    /// <summary>Whether the answer came to its regular end.</summary>
    public bool HasEnded { get; private set; }

    /// <summary>What it says was used; null where nothing is metered.</summary>
    public UsageMeter? Usage => _usage;

    /// <summary>How long it has said nothing so far, in which its model may have thought.</summary>
    public TimeSpan Silence => _silence.Until(_time, _time.GetTimestamp());

    /// <summary>Reads what was made out of it; null where nothing is remembered.</summary>
    public AnswerObjects? Objects { get; }

    /// <summary>What stops the reading of the answer; the default where what stops its forwarding does.</summary>
    public CancellationToken Reading { get; private set; }

    /// <summary>When its first bytes came; 0 while none have.</summary>
    public long FirstBytesTimestamp { get; private set; }

    /// <summary>Whether the client gets the answer decoded.</summary>
    public bool DecodesForClient => _coding is not null;

    /// <summary>How many bytes the client will get; null where that is not known.</summary>
    public long? LengthForClient => WithholdsUsageChunk ? null : _length;

    private bool WithholdsUsageChunk => IsEventStream && _request.Facts.UsageEdit is not null && !IsError;

    /// <summary>Puts the meter, and what else the answer needs, around the upstream's stream.</summary>
    public Stream Wrap(Stream upstream)
    {
        var redactor = new AnswerRedactor(_request.Credential.Forms, IsError);
        Stream stream = new AnswerStream(_coding is null ? upstream : ContentCodings.Decode(upstream, _coding), this, redactor);
        return WithholdsUsageChunk ? new WithholdingStream(stream) : stream;
    }

    /// <summary>The headers have come.</summary>
    public void OnHeaders()
    {
        _openRequests.Touch(_request.Open!);
        if (IsEventStream)
        {
            Reading = _request.Open!.LeaveLastWords(_request.Context.RequestAborted);
        }
        if (_usage is null || _length == 0)
        {
            // There is nothing in the body that could change what it costs.
            OnEnd();
        }
    }

    /// <summary>Bytes have come; they are not yet on their way to the client.</summary>
    public void OnBytes(ReadOnlySpan<byte> bytes)
    {
        if (FirstBytesTimestamp == 0)
        {
            FirstBytesTimestamp = _time.GetTimestamp();
        }
        if (_usage is null)
        {
            return;
        }
        _usage.Observe(bytes);
        NoteText(_usage);
        _received += bytes.Length;
        if (_received == _length || _usage.IsTerminal)
        {
            OnEnd();
        }
    }

    /// <summary>So many bytes go to the client now.</summary>
    public void OnHandedOn(int bytes) => _openRequests.HandOn(_request.Open!, bytes);

    /// <summary>Nothing waits for the client: it is the provider's turn.</summary>
    public void OnTurn() => _openRequests.Touch(_request.Open!);

    // Of several answers in one stream each may be thought about while another speaks.
    private void NoteText(UsageMeter usage)
    {
        if (_request.Facts.Choices <= 1 && usage.VisiblePieces != _visible)
        {
            _visible = usage.VisiblePieces;
            _silence.OnText(_time, _time.GetTimestamp());
        }
    }

    /// <summary>The answer is whole.</summary>
    public void OnEnd()
    {
        if (!HasEnded)
        {
            HasEnded = true;
            _usage?.Complete();
            _settler.Settle(_request);
        }
    }

    /// <summary>
    /// Ends a broken stream of events with an error event that the client's SDK understands, after having it settled; false where the client has gone or
    /// its answer is no such stream, so that only breaking the connection tells it.
    /// </summary>
    public bool TryEndWithErrorEvent(Exception cause, out ReadOnlyMemory<byte> lastBytes)
    {
        lastBytes = default;
        IsUnreadable |= cause is InvalidDataException;
        if (!IsEventStream || _request.Context.RequestAborted.IsCancellationRequested)
        {
            return false;
        }
        _settler.Settle(_request);
        var refusal = UpstreamFailure.Explain(_request.Open!.Reason, cause);
        var output = new ArrayBufferWriter<byte>(512);
        RefusalEvent.Write(output, _request, refusal, _time.GetUtcNow());
        lastBytes = output.WrittenMemory;
        return true;
    }
}
