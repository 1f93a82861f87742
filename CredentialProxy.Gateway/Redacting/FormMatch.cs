namespace CredentialProxy.Gateway.Redacting;

/// <summary>How a text's beginning compares with a form of the key.</summary>
internal enum FormMatch
{
    /// <summary>It is another text.</summary>
    None,

    /// <summary>It is the form's beginning as far as it goes.</summary>
    Beginning,

    /// <summary>It begins with the form.</summary>
    Whole,
}
