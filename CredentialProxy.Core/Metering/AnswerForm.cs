namespace CredentialProxy.Core.Metering;

/// <summary>How an answer is framed.</summary>
public enum AnswerForm
{
    /// <summary>One JSON value; where it is an array, as in Gemini's streams without <c>alt=sse</c>, each element counts like an event.</summary>
    Json,

    /// <summary>Server-sent events, https://html.spec.whatwg.org/multipage/server-sent-events.html</summary>
    Sse,
}
