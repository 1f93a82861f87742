namespace CredentialProxy.Core.Providers;

/// <summary>The place in a request where a provider expects its key.</summary>
public enum SlotKind
{
    /// <summary><c>Authorization: Bearer</c> (RFC 6750 §2.1).</summary>
    Bearer,

    /// <summary>A header of its own, such as <c>x-api-key</c>.</summary>
    Header,

    /// <summary>A query parameter, such as <c>key</c>.</summary>
    Query,
}

/// <summary>A slot and, where its kind needs one, its name.</summary>
/// <param name="Kind">The kind.</param>
/// <param name="Name">Name of the header or of the query parameter; empty for <see cref="SlotKind.Bearer"/>.</param>
public readonly record struct CredentialSlot(SlotKind Kind, string Name)
{
    /// <summary><c>Authorization: Bearer</c>.</summary>
    public static CredentialSlot Bearer { get; } = new(SlotKind.Bearer, "");

    /// <summary>A header.</summary>
    public static CredentialSlot Header(string name) => new(SlotKind.Header, name);

    /// <summary>A query parameter.</summary>
    public static CredentialSlot Query(string name) => new(SlotKind.Query, name);
}
