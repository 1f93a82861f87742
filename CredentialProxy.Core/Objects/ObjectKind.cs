using System.Collections.Immutable;

namespace CredentialProxy.Core.Objects;

/// <summary>A sort of object that a provider stores, and how requests name one.</summary>
public sealed record ObjectKind
{
    /// <summary>Its name, for example <c>vector_store</c>.</summary>
    public required string Name { get; init; }

    /// <summary>Members of any body that name one: <c>file_id</c>, or <c>conversation.id</c> where the member alone would not tell.</summary>
    public ImmutableArray<string> Fields { get; init; } = [];

    /// <summary>Members that name one in the bodies of endpoints without a dialect only.</summary>
    public ImmutableArray<string> ManagedFields { get; init; } = [];

    /// <summary>Values of <c>type</c> whose object names one by its <c>id</c>.</summary>
    public ImmutableArray<string> Types { get; init; } = [];

    /// <summary>Lists at a body's root whose elements name one where they have an <c>id</c> and no <c>type</c>.</summary>
    public ImmutableArray<string> BareIn { get; init; } = [];

    /// <summary>What its ids begin with; empty where nothing tells.</summary>
    public ImmutableArray<string> Prefixes { get; init; } = [];

    /// <summary>Whether a name that begins otherwise is the provider's own, there for everybody.</summary>
    public bool OthersAreShared { get; init; }

    /// <summary>Words that stand where an id may and name none.</summary>
    public ImmutableArray<string> Words { get; init; } = [];

    /// <summary>How long its makers are remembered, in days; 0 for as long as the setting says.</summary>
    public int KeptDays { get; init; }
}
