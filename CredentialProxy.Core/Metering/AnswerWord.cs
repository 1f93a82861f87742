namespace CredentialProxy.Core.Metering;

/// <summary>The short values that <see cref="JsonUsageScanner"/> lifts out.</summary>
internal enum AnswerWord : byte
{
    None,

    /// <summary>The type of an event: the root's <c>type</c>.</summary>
    EventType,

    /// <summary>The type of the item that an event of OpenAI responses is about.</summary>
    ItemType,

    /// <summary>The type of an item in the output of a whole response.</summary>
    OutputType,

    /// <summary>The tier at which the answer was served.</summary>
    ServiceTier,

    /// <summary>The model that answered.</summary>
    Model,
}
