namespace CredentialProxy.Core.Providers;

/// <summary>An endpoint found for a path.</summary>
/// <param name="Endpoint">The endpoint.</param>
/// <param name="Model">The model that the path names; null where it names none.</param>
public readonly record struct EndpointMatch(Endpoint Endpoint, string? Model);
