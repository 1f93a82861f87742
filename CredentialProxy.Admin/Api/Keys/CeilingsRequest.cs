using System.Text.Json;
using CredentialProxy.Admin.Authorizing;
using CredentialProxy.Core.Grants;
using CredentialProxy.Core.Providers;

namespace CredentialProxy.Admin.Api.Keys;

/// <summary>Ceilings in requests and in admin JWTs; every field that is wrong is named.</summary>
internal static class CeilingsRequest
{
    private const int MaxItems = 64;
    private const int MaxIdLength = 128;
    private const long MaxTtlSeconds = 10L * 366 * 86400;

    // As the API reads bodies.
    private static readonly JsonSerializerOptions Strict = new(JsonSerializerDefaults.Web)
    {
        PropertyNameCaseInsensitive = false,
        NumberHandling = System.Text.Json.Serialization.JsonNumberHandling.Strict,
        UnmappedMemberHandling = System.Text.Json.Serialization.JsonUnmappedMemberHandling.Disallow,
    };

    /// <summary>The ceilings that a JWT claims; null for none, and for some that make no sense.</summary>
    public static Ceilings? ReadClaim(string? json, ProviderCatalog catalog)
    {
        try
        {
            var errors = new FieldErrors();
            var ceilings = json is null ? null : Check(JsonSerializer.Deserialize<Ceilings>(json, Strict), catalog, errors);
            return errors.Problem is null ? ceilings : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>The ceilings, lists that are null being empty; what is wrong is noted.</summary>
    public static Ceilings? Check(Ceilings? stated, ProviderCatalog catalog, FieldErrors errors)
    {
        if (stated is null)
        {
            return null;
        }
        var limits = LimitRequests.Read(stated.Limits ?? [], errors, "ceilings.limits");
        errors.Require(stated.MaxTtlSeconds is null or (> 0 and <= MaxTtlSeconds), "ceilings.maxTtlSeconds", "must be a whole number of seconds, at least 1 and at most ten years");
        return new Ceilings
        {
            Providers = Items(stated.Providers, "providers", catalog.Contains, $"must be among {string.Join(", ", catalog.Names)}", errors),
            Models = Items(stated.Models, "models", text => ModelPattern.TryParse(text, out _), "must be model names, with * for anything", errors),
            Endpoints = Items(stated.Endpoints, "endpoints", text => EndpointRule.TryParse(text, out _), "must be rules such as 'POST /v1/chat/completions'", errors),
            Features = Items(stated.Features, "features", text => FeatureNames.TryParse(text, out _), $"must be among {string.Join(", ", FeatureNames.All)}", errors),
            Projects = Items(stated.Projects, "projects", text => text.Length is > 0 and <= MaxIdLength && !text.Any(char.IsControl), "must be ids of projects", errors),
            Limits = limits is null ? [] : [.. LimitDocument.Read(limits).Select(LimitDocument.Of)],
            MaxTtlSeconds = stated.MaxTtlSeconds,
        };
    }

    private static IReadOnlyList<string> Items(IReadOnlyList<string>? items, string field, Func<string, bool> isValid, string rule, FieldErrors errors)
    {
        errors.Require(items is null or { Count: <= MaxItems }, $"ceilings.{field}", $"must have at most {MaxItems} items");
        errors.Require(items is null || items.All(item => item is not null && isValid(item)), $"ceilings.{field}", rule);
        return items ?? [];
    }
}
