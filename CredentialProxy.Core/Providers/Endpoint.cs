using System.Collections.Immutable;
using CredentialProxy.Core.Grants;
using CredentialProxy.Core.Objects;

namespace CredentialProxy.Core.Providers;

/// <summary>One operation of a provider's API. A path without an entry does not exist for our clients.</summary>
/// <param name="Name">Name in records and telemetry, for example <c>chat.completions</c>.</param>
/// <param name="Method">HTTP method, upper case.</param>
/// <param name="Path">
/// Path as sent upstream, from the provider's base URL on. A segment <c>{model}</c>, <c>{id}</c> or <c>{file}</c> stands for one segment; a last segment <c>{id}:verb</c> ends in that verb; a
/// last segment <c>{rest...}</c> stands for one or more.
/// </param>
/// <param name="Dialect">How its bodies are read.</param>
/// <param name="Charging">How it is charged.</param>
public sealed record Endpoint(string Name, string Method, string Path, Dialect Dialect, Charging Charging)
{
    /// <summary>The features of which a token must be granted one; none for an endpoint that is open to every token.</summary>
    public Features Needs { get; init; }

    /// <summary>How a body is read where there is no dialect.</summary>
    public BodyForm Body { get; init; }

    /// <summary>The stored objects that the path or the query names, each of which must be the caller's own.</summary>
    public ImmutableArray<UsedObject> Uses { get; init; } = [];

    /// <summary>Where its answers name objects that were made with it and belong to the caller from then on; null for nowhere.</summary>
    public MadePaths? Makes { get; init; }

    /// <summary>Features by which what it makes can be named later; none where any that names stored objects may.</summary>
    public Features KeptFor { get; init; }

    /// <summary>Whether nothing tells what a call costs.</summary>
    public bool IsUnmetered => Charging is not (Charging.Metered or Charging.Free);

    /// <summary>Whether a call runs a model of which its body may say nothing.</summary>
    public bool RunsUnreadModel => IsUnmetered && Charging != Charging.Storage;

    /// <summary>Whether it deletes the object that its path ends in.</summary>
    public bool Deletes => Method == "DELETE" && Path.EndsWith('}') && !Uses.IsEmpty && Uses[^1].Segment == Path.AsSpan().Count('/') - 1;

    /// <summary>Whether a token with these features may call it.</summary>
    public bool IsOpenTo(Features granted) => Needs == Features.None || (granted & Needs) != Features.None;
}
