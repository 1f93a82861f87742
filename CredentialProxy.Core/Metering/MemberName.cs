namespace CredentialProxy.Core.Metering;

/// <summary>The member names of answers that a meter turns on.</summary>
internal enum MemberName : byte
{
    Other,
    Usage,
    Response,
    Message,
    Type,
    Error,
    Content,
    Text,
    Delta,
    Arguments,
    Input,
    PartialJson,
    Thinking,
    Reasoning,
    Refusal,
    ServiceTier,
    Model,
    Item,
    Output,
    WebSearchQueries,
    Thought,
}
