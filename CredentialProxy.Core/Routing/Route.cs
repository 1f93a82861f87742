using CredentialProxy.Core.Providers;

namespace CredentialProxy.Core.Routing;

/// <summary>Where a request goes.</summary>
/// <param name="Provider">The provider.</param>
/// <param name="Surface">Which of its APIs.</param>
/// <param name="Path">The path that is sent, from the provider's base URL on.</param>
/// <param name="Endpoint">The endpoint; null when the provider has none for this method and path.</param>
/// <param name="Model">The model that the path names, null for none.</param>
/// <param name="IsPrefixed">Whether the path named the provider.</param>
public readonly record struct Route(Provider Provider, Surface Surface, string Path, Endpoint? Endpoint, string? Model, bool IsPrefixed);
