using CredentialProxy.Core.Providers;
using CredentialProxy.Core.Usage;

namespace CredentialProxy.Core.Metering;

/// <summary>What has been read of one answer.</summary>
internal sealed class AnswerReading : IUsageListener, IEventListener
{
    private readonly Dialect _dialect;
    private readonly bool _isStream;
    private readonly JsonUsageScanner _scanner;
    private OutputText? _text;
    private UsageFigures _figures;
    private bool _isLastEvent;
    private int _doneMatched;

    public AnswerReading(Dialect dialect, bool isStream, OutputText? text)
    {
        _dialect = dialect;
        _isStream = isStream;
        _text = text;
        _scanner = new JsonUsageScanner(this, text is null ? 0 : MemberNames.TextOf(dialect));
    }

    public TokenUsage Usage => _figures.Normalize(_dialect);

    public bool HasUsage { get; private set; }

    public bool HasInputUsage => _figures.HasInput;

    public bool IsTerminal { get; private set; }

    public bool HasError { get; private set; }

    private static ReadOnlySpan<byte> Done => "[DONE]"u8;

    public void Observe(ReadOnlySpan<byte> json)
    {
        _scanner.Observe(json);
        IsTerminal |= _scanner.IsClosed;
    }

    public long EstimateOutputTokens() => _text?.EstimateTokens() ?? 0;

    public void OnUsage(ReadOnlySpan<byte> json, bool isNested)
    {
        var figures = _figures;
        if (!UsageObject.TryRead(json, ref figures) || (_isStream && figures.IsZero))
        {
            // Some servers send zeros until the last event.
            return;
        }
        _figures = figures;
        // Anthropic's first event knows the input alone, and has a first guess of the output; what its message_delta says is final.
        HasUsage |= figures.HasInput && figures.HasOutput(_dialect) && !(isNested && _dialect == Dialect.AnthropicMessages);
        if (HasUsage)
        {
            _text?.Drop();
            _text = null;
        }
    }

    public void OnText(ReadOnlySpan<byte> utf8) => _text?.Append(utf8);

    public void OnType(ReadOnlySpan<byte> utf8)
    {
        // https://platform.openai.com/docs/api-reference/responses-streaming, https://docs.anthropic.com/en/docs/build-with-claude/streaming
        switch (_dialect)
        {
            case Dialect.OpenAIResponses:
                var isFailed = utf8.SequenceEqual("response.failed"u8);
                _isLastEvent |= isFailed || utf8.SequenceEqual("response.completed"u8) || utf8.SequenceEqual("response.incomplete"u8);
                HasError |= isFailed || utf8.SequenceEqual("error"u8);
                break;
            case Dialect.AnthropicMessages:
                _isLastEvent |= utf8.SequenceEqual("message_stop"u8);
                break;
        }
    }

    public void OnError() => HasError = true;

    public void OnData(ReadOnlySpan<byte> data)
    {
        foreach (var next in data[..Math.Min(data.Length, Done.Length - Math.Max(0, _doneMatched))])
        {
            if (_doneMatched < 0 || next != Done[_doneMatched])
            {
                _doneMatched = -1;
                break;
            }
            _doneMatched++;
        }
        _scanner.Observe(data);
    }

    public void OnEventEnd()
    {
        IsTerminal |= _isLastEvent || _doneMatched == Done.Length;
        _isLastEvent = false;
        _doneMatched = 0;
        _scanner.Reset();
    }
}
