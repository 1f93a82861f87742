namespace CredentialProxy.Core.Metering;

/// <summary>Hears what <see cref="JsonUsageScanner"/> finds.</summary>
internal interface IUsageListener
{
    /// <summary>A usage object, whole; nested when it stood one level down, in <c>response</c> or <c>message</c>.</summary>
    void OnUsage(ReadOnlySpan<byte> json, bool isNested);

    /// <summary>Part of the answer's text, still escaped save for single-character escapes.</summary>
    void OnText(ReadOnlySpan<byte> utf8);

    /// <summary>Part of the value of a <c>type</c> member at the root.</summary>
    void OnType(ReadOnlySpan<byte> utf8);

    /// <summary>The <c>type</c> is whole.</summary>
    void OnTypeEnd();

    /// <summary>An element of a root array has ended.</summary>
    void OnElement();
}
