using System.Text.Json;

namespace CredentialProxy.Admin.Api.Quotes;

/// <summary>A request that is only asked about.</summary>
public sealed record QuoteRequest
{
    /// <summary>The token, as an agent would send it.</summary>
    public string? Token { get; init; }

    /// <summary>Id of the token, in its place.</summary>
    public string? TokenId { get; init; }

    /// <summary>The path, as it would be sent to the gateway: <c>/openai/v1/chat/completions</c>, or without the provider's name.</summary>
    public string? Path { get; init; }

    /// <summary>The method; <c>POST</c> when absent.</summary>
    public string? Method { get; init; }

    /// <summary>The body, as it would be sent.</summary>
    public JsonElement? Body { get; init; }
}
