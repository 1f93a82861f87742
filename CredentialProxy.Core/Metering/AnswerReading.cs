using CredentialProxy.Core.Inspection.Deciding;
using CredentialProxy.Core.Pricing;
using CredentialProxy.Core.Providers;
using CredentialProxy.Core.Usage;

namespace CredentialProxy.Core.Metering;

/// <summary>What has been read of one answer.</summary>
internal sealed class AnswerReading : IUsageListener, IEventListener
{
    private readonly Dialect _dialect;
    private readonly bool _isStream;
    private readonly bool _keepsModel;
    private readonly JsonUsageScanner _scanner;
    private OutputText? _text;
    private UsageFigures _figures;
    private OutputItems _items;
    private VisibleText _visible;
    private ServiceTier? _tier;
    private int _searches;
    private bool _isLastEvent;
    private int _doneMatched;

    public AnswerReading(Dialect dialect, bool isStream, OutputText? text, bool keepsModel)
    {
        _dialect = dialect;
        _keepsModel = keepsModel;
        _isStream = isStream;
        _text = text;
        _scanner = new JsonUsageScanner(this, text is null ? 0 : MemberNames.TextOf(dialect));
    }

    public TokenUsage Usage => _figures.Normalize(_dialect);

    public ToolCalls Calls => _figures.Calls.AtLeast(_items.Calls).AtLeast(new ToolCalls { WebSearches = _searches });

    public string? Model { get; private set; }

    /// <summary>How many pieces of the answer had text in them that was no thinking.</summary>
    public int VisiblePieces => _visible.Pieces;

    public bool HasUsage { get; private set; }

    public bool HasInputUsage => _figures.HasInput;

    public bool IsTerminal { get; private set; }

    public bool HasError { get; private set; }

    private static ReadOnlySpan<byte> Done => "[DONE]"u8;

    public void Observe(ReadOnlySpan<byte> json)
    {
        _scanner.Observe(json);
        // A stream in the form of an array comes element by element.
        _visible.OnPieceEnd();
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

    public void OnText(ReadOnlySpan<byte> utf8, bool isThinking)
    {
        _visible.OnText(isThinking);
        _text?.Append(utf8);
    }

    public void OnThought() => _visible.OnThought();

    /// <summary>The terms that the answer was served under: where it does not say, those that were asked for.</summary>
    public ServiceTerms ServedUnder(ServiceTerms asked)
    {
        var tier = _dialect == Dialect.AnthropicMessages ? _figures.Speed : _tier ?? _figures.Tier;
        var unstated = asked.Tier == ServiceTier.Auto ? ServiceTier.Standard : asked.Tier;
        return new ServiceTerms(tier ?? unstated, _figures.Geo ?? asked.Geo);
    }

    public void OnWord(AnswerWord word, ReadOnlySpan<byte> utf8)
    {
        switch (word)
        {
            case AnswerWord.EventType:
                OnEventType(utf8);
                break;
            case AnswerWord.ItemType:
                _items.OnItem(utf8);
                break;
            case AnswerWord.OutputType when _dialect == Dialect.OpenAIResponses:
                _items.OnOutput(utf8);
                break;
            case AnswerWord.ServiceTier:
                _tier = ServiceTermNames.Tier(utf8);
                break;
            case AnswerWord.Model when _keepsModel && utf8.Length > 0:
                Model = ModelNames.Get(utf8);
                break;
        }
    }

    public void OnSearchQuery() => _searches++;

    private void OnEventType(ReadOnlySpan<byte> utf8)
    {
        // https://platform.openai.com/docs/api-reference/responses-streaming, https://docs.anthropic.com/en/docs/build-with-claude/streaming
        switch (_dialect)
        {
            case Dialect.OpenAIResponses:
                var isFailed = utf8.SequenceEqual("response.failed"u8);
                _isLastEvent |= isFailed || utf8.SequenceEqual("response.completed"u8) || utf8.SequenceEqual("response.incomplete"u8);
                HasError |= isFailed || utf8.SequenceEqual("error"u8);
                _items.OnEvent(utf8);
                _visible.OnEvent(utf8);
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
        _items.OnEventEnd();
        _visible.OnPieceEnd();
        _doneMatched = 0;
        _scanner.Reset();
    }
}
