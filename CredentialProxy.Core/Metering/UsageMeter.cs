using CredentialProxy.Core.Pricing;
using CredentialProxy.Core.Providers;
using CredentialProxy.Core.Usage;

namespace CredentialProxy.Core.Metering;

/// <summary>
/// Reads out of one answer, as its bytes pass, what the provider says it used. The figure is the same however the bytes are split, and nothing in an answer
/// can make it fail or hold more than a few kilobytes of usage and 32 of text. Not for use by several threads at once.
/// </summary>
public sealed class UsageMeter
{
    private readonly AnswerReading _reading;
    private readonly EventFraming? _events;

    /// <summary>Makes a meter for one answer.</summary>
    /// <param name="dialect">How the answer is written.</param>
    /// <param name="form">How it is framed.</param>
    /// <param name="keepsText">Whether its text is kept for an estimate, until a figure comes.</param>
    /// <param name="model">The model that was asked; an estimate for one whose tokenizer isn't known has a margin.</param>
    /// <param name="keepsModel">Whether to note the model that answered.</param>
    public UsageMeter(Dialect dialect, AnswerForm form, bool keepsText, string model = "", bool keepsModel = false)
    {
        var isStream = form == AnswerForm.Sse;
        _reading = new AnswerReading(dialect, isStream, keepsText ? new OutputText(model) : null, keepsModel);
        _events = isStream ? new EventFraming(_reading) : null;
    }

    /// <summary>What the provider said, so far.</summary>
    public TokenUsage Usage => _reading.Usage;

    /// <summary>How often it says that tools were called, so far.</summary>
    public ToolCalls Calls => _reading.Calls;

    /// <summary>The model that answered, so far as it was to be noted and the answer says it.</summary>
    public string? Model => _reading.Model;

    /// <summary>How many pieces of the answer so far had text in them that was no thinking; only where the text is kept.</summary>
    public int VisiblePieces => _reading.VisiblePieces;

    /// <summary>Whether it has said what the whole answer used, as far as the answer has come.</summary>
    public bool HasUsage => _reading.HasUsage;

    /// <summary>Whether it has said at least what the input was.</summary>
    public bool HasInputUsage => _reading.HasInputUsage;

    /// <summary>
    /// Whether the answer has come to its end by its own account: <c>[DONE]</c>, <c>message_stop</c>, <c>response.completed</c>, <c>.incomplete</c> or
    /// <c>.failed</c>; a JSON value that is closed. Gemini's event streams have no such mark.
    /// </summary>
    public bool IsTerminal => _reading.IsTerminal;

    /// <summary>Whether the answer is, or has in it, an error.</summary>
    public bool HasError => _reading.HasError;

    /// <summary>Loads what estimates need, before anyone waits for it.</summary>
    public static void Warm() => OutputText.Warm();

    /// <summary>The terms that the answer was served under; where it does not say, those that were asked for.</summary>
    public ServiceTerms ServedUnder(ServiceTerms asked) => _reading.ServedUnder(asked);

    /// <summary>Takes the next bytes.</summary>
    public void Observe(ReadOnlySpan<byte> bytes)
    {
        if (_events is null)
        {
            _reading.Observe(bytes);
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

    /// <summary>
    /// Counts the tokens of the text that has passed: exactly for OpenAI's models, with a margin of a fifth for others. 0 once <see cref="HasUsage"/>, for then there is better.
    /// </summary>
    public long EstimateOutputTokens() => _reading.EstimateOutputTokens();
}
