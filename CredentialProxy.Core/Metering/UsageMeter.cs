using CredentialProxy.Core.Providers;
using CredentialProxy.Core.Usage;

namespace CredentialProxy.Core.Metering;

/// <summary>
/// Reads out of one answer, as its bytes pass, what the provider says it used. The figure is the same however the bytes are split, and nothing in an answer
/// can make it fail or hold more than a few kilobytes.
/// </summary>
public sealed class UsageMeter
{
    private readonly Reading _reading;
    private readonly JsonUsageScanner _scanner;
    private readonly EventFraming? _events;

    /// <summary>Makes a meter for one answer.</summary>
    /// <param name="dialect">How the answer is written.</param>
    /// <param name="form">How it is framed.</param>
    /// <param name="keepsText">Whether its text is kept for an estimate, should no figure come.</param>
    public UsageMeter(Dialect dialect, AnswerForm form, bool keepsText)
    {
        _reading = new Reading(dialect, keepsText);
        _scanner = new JsonUsageScanner(_reading, keepsText ? MemberNames.TextOf(dialect) : 0);
        if (form == AnswerForm.Sse)
        {
            _reading.Scanner = _scanner;
            _events = new EventFraming(_reading);
        }
    }

    /// <summary>What the provider said, so far.</summary>
    public TokenUsage Usage => _reading.Usage;

    /// <summary>Whether it has said what the whole answer used, as far as the answer has come.</summary>
    public bool HasUsage => _reading.HasUsage;

    /// <summary>Whether it has said at least what the input was.</summary>
    public bool HasInputUsage => _reading.HasInputUsage;

    /// <summary>Whether the answer has come to its end by its own account: <c>[DONE]</c>, <c>message_stop</c>, <c>response.completed</c>; a JSON value that is closed.</summary>
    public bool IsTerminal => _reading.IsTerminal || (_events is null && _scanner.IsClosed);

    /// <summary>Loads what estimates need, before anyone waits for it.</summary>
    public static void Warm() => OutputText.Warm();

    /// <summary>Takes the next bytes.</summary>
    public void Observe(ReadOnlySpan<byte> bytes)
    {
        if (_events is null)
        {
            _scanner.Observe(bytes);
        }
        else
        {
            _events.Observe(bytes);
        }
    }

    /// <summary>There are no more bytes.</summary>
    public void Complete()
    {
        // The last event may lack its blank line.
        if (_events is not null)
        {
            _reading.OnEventEnd();
        }
    }

    /// <summary>Counts the tokens of the text that has passed: exactly for OpenAI's models, with a margin of a fifth for others.</summary>
    public long EstimateOutputTokens() => _reading.EstimateOutputTokens();

    private sealed class Reading(Dialect dialect, bool keepsText) : IUsageListener, IEventListener
    {
        private const int MaxTypeLength = 32;

        private readonly OutputText? _text = keepsText ? new OutputText(dialect) : null;
        private readonly byte[] _type = new byte[MaxTypeLength];
        private readonly byte[] _start = new byte[6];
        private ReportedUsage _reported;
        private int _typeLength;
        private int _startLength;
        private EventType _eventType;

        private enum EventType : byte
        {
            Other,
            Terminal,
        }

        public JsonUsageScanner? Scanner { get; set; }

        public TokenUsage Usage => _reported.Normalize(dialect);

        public bool HasUsage { get; private set; }

        public bool HasInputUsage { get; private set; }

        public bool IsTerminal { get; private set; }

        public long EstimateOutputTokens() => _text?.EstimateTokens() ?? 0;

        public void OnUsage(ReadOnlySpan<byte> json, bool isNested)
        {
            if (_reported.TryMerge(json))
            {
                HasInputUsage = true;
                // Anthropic's first event knows the input alone; what its message_delta says of the output is final.
                HasUsage |= !(isNested && dialect == Dialect.AnthropicMessages);
            }
        }

        public void OnText(ReadOnlySpan<byte> utf8) => _text?.Append(utf8);

        public void OnType(ReadOnlySpan<byte> utf8)
        {
            if (_typeLength + utf8.Length <= MaxTypeLength)
            {
                utf8.CopyTo(_type.AsSpan(_typeLength));
            }
            _typeLength = Math.Min(_typeLength + utf8.Length, MaxTypeLength + 1);
        }

        public void OnTypeEnd()
        {
            var type = _typeLength <= MaxTypeLength ? _type.AsSpan(0, _typeLength) : default;
            if (type.SequenceEqual("message_stop"u8) || type.SequenceEqual("response.completed"u8) || type.SequenceEqual("response.incomplete"u8) || type.SequenceEqual("response.failed"u8))
            {
                _eventType = EventType.Terminal;
            }
            _typeLength = 0;
        }

        public void OnElement()
        {
        }

        public void OnData(ReadOnlySpan<byte> data)
        {
            if (_startLength < _start.Length)
            {
                var count = Math.Min(data.Length, _start.Length - _startLength);
                data[..count].CopyTo(_start.AsSpan(_startLength));
                _startLength += count;
            }
            Scanner!.Observe(data);
        }

        public void OnEventEnd()
        {
            IsTerminal |= _eventType == EventType.Terminal || _start.AsSpan(0, _startLength).SequenceEqual("[DONE]"u8);
            _eventType = EventType.Other;
            _startLength = 0;
            _typeLength = 0;
            Scanner!.Reset();
        }
    }
}
