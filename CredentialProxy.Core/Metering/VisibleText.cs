namespace CredentialProxy.Core.Metering;

/// <summary>
/// Tells the pieces of an answer that say something from those that don't. What models show of their thinking is no such thing: providers mostly send a summary, which is far
/// shorter than what was thought, and is billed as such (https://docs.anthropic.com/en/docs/build-with-claude/extended-thinking#summarized-thinking).
/// </summary>
internal struct VisibleText
{
    private bool _hasText;
    private bool _isThinking;

    /// <summary>How many pieces said something.</summary>
    public int Pieces { get; private set; }

    /// <summary>Text came.</summary>
    public void OnText(bool isThinking) => _hasText |= !isThinking;

    /// <summary>The text of the piece is thinking: Google says so beside it, before it or after.</summary>
    public void OnThought() => _isThinking = true;

    /// <summary>The type of an event of OpenAI responses: <c>response.reasoning_summary_text.delta</c> and its like.</summary>
    public void OnEvent(ReadOnlySpan<byte> type) => _isThinking |= type.StartsWith("response.reasoning"u8);

    /// <summary>The piece is whole; its members may have come in any order.</summary>
    public void OnPieceEnd()
    {
        Pieces += _hasText && !_isThinking ? 1 : 0;
        _hasText = _isThinking = false;
    }
}
