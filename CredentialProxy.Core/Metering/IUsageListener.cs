namespace CredentialProxy.Core.Metering;

/// <summary>Hears what <see cref="JsonUsageScanner"/> finds.</summary>
internal interface IUsageListener
{
    /// <summary>A usage object, whole; nested when it stood one level down, in <c>response</c> or <c>message</c>.</summary>
    void OnUsage(ReadOnlySpan<byte> json, bool isNested);

    /// <summary>Part of the answer's text, unescaped.</summary>
    void OnText(ReadOnlySpan<byte> utf8, bool isThinking);

    /// <summary>A member of Google's says that the text beside it is thinking.</summary>
    void OnThought();

    /// <summary>A short value that a meter turns on; empty where it is longer than any of ours, or has an escape in it.</summary>
    void OnWord(AnswerWord word, ReadOnlySpan<byte> utf8);

    /// <summary>The provider has asked a search engine once more.</summary>
    void OnSearchQuery();

    /// <summary>There is an <c>error</c> member at the root that is not null.</summary>
    void OnError();
}
