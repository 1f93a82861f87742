namespace CredentialProxy.Core.Providers;

/// <summary>
/// One of the APIs a provider speaks: where its paths begin, where its key goes and how its errors look. Most providers have one; Gemini also speaks OpenAI's.
/// </summary>
/// <param name="PathPrefix">What every path of it begins with, for example <c>/v1beta/openai/</c>.</param>
/// <param name="Slot">Where the upstream expects the key.</param>
/// <param name="Shape">How errors look.</param>
public sealed record Surface(string PathPrefix, CredentialSlot Slot, ErrorShape Shape);
