namespace CredentialProxy.Core.Providers;

/// <summary>How far the body of a request is read on an endpoint that has no dialect.</summary>
public enum BodyForm
{
    /// <summary>Not at all: bytes.</summary>
    Unread,

    /// <summary>JSON, read for the stored objects and the model that it names.</summary>
    Json,

    /// <summary>JSON or a form, of which the short fields are read for the stored objects that they name.</summary>
    Form,

    /// <summary>The beginning of an upload in pieces, which the gateway gives its name; or the whole of one, not read.</summary>
    Upload,
}
