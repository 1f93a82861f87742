namespace CredentialProxy.Core.Inspection;

/// <summary>The member names that an inspection turns on, in all dialects; both spellings that Gemini takes (proto JSON's camel case and snake case) are one.</summary>
internal enum BodyKey : byte
{
    Other,

    // What decides about the request.
    Model,
    Stream,
    StreamOptions,
    IncludeUsage,
    MaxTokens,
    MaxCompletionTokens,
    MaxOutputTokens,
    N,
    BestOf,
    CandidateCount,
    GenerationConfig,
    ThinkingConfig,
    ThinkingBudget,
    Thinking,
    BudgetTokens,

    // Where input is.
    Prompt,
    Input,
    Messages,
    Contents,
    Content,
    Parts,
    System,
    SystemInstruction,
    Requests,
    Output,
    FunctionResponse,
    Tools,
    FunctionDeclarations,

    // What input is made of.
    Type,
    Source,
    Data,
    MediaType,
    InlineData,
    InputAudio,
    Audio,
    Id,
    File,
    FileData,
    ImageUrl,
    VideoUrl,
    Url,
    Result,
    CacheControl,
    Ttl,

    /// <summary>Points to input that is not in the body.</summary>
    Unseen,

    /// <summary>May name a stored object that is no input.</summary>
    Reference,
}
