namespace CredentialProxy.Core.Providers;

/// <summary>How a call of an endpoint is charged.</summary>
public enum Charging
{
    /// <summary>By the usage that its answer reports in the endpoint's dialect.</summary>
    Metered,

    /// <summary>The provider charges nothing for it.</summary>
    Free,

    /// <summary>The provider charges for it, but no answer says how much: out of reach for tokens limited in <c>tokens</c> or <c>usd</c>.</summary>
    Unmetered,
}

/// <summary>One operation of a provider's API. A path without an entry does not exist for our clients.</summary>
/// <param name="Name">Name in records and telemetry, for example <c>chat.completions</c>.</param>
/// <param name="Method">HTTP method, upper case.</param>
/// <param name="Path">
/// Path as sent upstream, from the provider's base URL on. A segment <c>{model}</c> or <c>{id}</c> stands for one segment; a last segment <c>{id}:verb</c> ends in that verb.
/// </param>
/// <param name="Dialect">How its bodies are read.</param>
/// <param name="Charging">How it is charged.</param>
public sealed record Endpoint(string Name, string Method, string Path, Dialect Dialect, Charging Charging);
