using System.Text.Json;
using CredentialProxy.Core.Grants;
using CredentialProxy.Core.Limits;
using CredentialProxy.Core.Storage;

namespace CredentialProxy.Admin.Authorizing;

/// <summary>What the tokens of a minter may reach at most.</summary>
public sealed record Ceilings
{
    private static readonly JsonSerializerOptions Format = new(JsonSerializerDefaults.Web);

    /// <summary>Providers that its tokens may use; empty for all.</summary>
    public IReadOnlyList<string> Providers { get; init; } = [];

    /// <summary>Models that its tokens may use, <c>*</c> standing for anything; empty for all.</summary>
    public IReadOnlyList<string> Models { get; init; } = [];

    /// <summary>Endpoints that its tokens may call; empty for all that are served.</summary>
    public IReadOnlyList<string> Endpoints { get; init; } = [];

    /// <summary>Features that its tokens may be granted; empty for none.</summary>
    public IReadOnlyList<string> Features { get; init; } = [];

    /// <summary>Ids of the projects that its tokens may belong to; empty for none.</summary>
    public IReadOnlyList<string> Projects { get; init; } = [];

    /// <summary>Limits that each of its tokens has at least: as tight, or tighter.</summary>
    public IReadOnlyList<LimitDocument> Limits { get; init; } = [];

    /// <summary>Longest lifetime of its tokens in seconds, from when they are made; null for any.</summary>
    public long? MaxTtlSeconds { get; init; }

    /// <summary>Reads what <see cref="Write"/> wrote; null for what can't be read.</summary>
    internal static Ceilings? Read(string? json)
    {
        try
        {
            return json is null ? null : JsonSerializer.Deserialize<Ceilings>(json, Format);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>The ceilings as they are kept.</summary>
    internal string Write() => JsonSerializer.Serialize(this, Format);

    /// <summary>Gives a token what it states nothing of: the most that there may be.</summary>
    internal void Complete(TokenRow row, bool isNew)
    {
        row.Providers = row.Providers.Count == 0 ? [.. Providers] : row.Providers;
        row.Models = row.Models.Count == 0 ? [.. Models] : row.Models;
        row.Endpoints = row.Endpoints.Count == 0 ? [.. Endpoints] : row.Endpoints;
        var stated = LimitDocument.Read(row.LimitsJson);
        row.LimitsJson = LimitDocument.Write([.. stated, .. OwnLimits.Where(own => !stated.Any(limit => IsSameCounter(limit, own)))]);
        if (isNew && MaxTtlSeconds is { } seconds)
        {
            row.ExpiresAt ??= row.CreatedAt.AddSeconds(seconds);
        }
    }

    /// <summary>The fields of a token in which it goes beyond, each with what is allowed.</summary>
    internal IEnumerable<(string Field, string Rule)> Excesses(TokenRow row)
    {
        if (Providers.Count > 0 && (row.Providers.Count == 0 || row.Providers.Except(Providers, StringComparer.Ordinal).Any()))
        {
            yield return ("providers", $"must be among those of your ceilings: {string.Join(", ", Providers)}");
        }
        if (Models.Count > 0 && !IsWithin(row.Models, model => ModelPatterns(Models).Any(ceiling => ModelPatterns([model]).All(ceiling.Covers))))
        {
            yield return ("models", $"must be within those of your ceilings: {string.Join(", ", Models)}");
        }
        // A model that was trained for somebody is granted by name, and an empty list of ceilings names none.
        else if (Models.Count == 0 && row.Models.Any(model => model.StartsWith("ft:", StringComparison.Ordinal)))
        {
            yield return ("models", "must not name fine-tuned models: your ceilings name none");
        }
        if (Endpoints.Count > 0 && !IsWithin(row.Endpoints, endpoint => EndpointRules(Endpoints).Any(ceiling => EndpointRules([endpoint]).All(ceiling.Covers))))
        {
            yield return ("endpoints", $"must be within those of your ceilings: {string.Join(", ", Endpoints)}");
        }
        if (row.Features.Except(Features, StringComparer.Ordinal).Any())
        {
            yield return ("features", Features.Count == 0 ? "must be empty: your ceilings have none" : $"must be among those of your ceilings: {string.Join(", ", Features)}");
        }
        if (row.ProjectId is null ? Projects.Count > 0 : !Projects.Contains(row.ProjectId, StringComparer.Ordinal))
        {
            yield return ("project", Projects.Count == 0 ? "must not be there: your ceilings have none" : $"must be among those of your ceilings: {string.Join(", ", Projects)}");
        }
        var limits = LimitDocument.Read(row.LimitsJson);
        foreach (var own in OwnLimits.Where(own => !limits.Any(limit => IsSameCounter(limit, own) && limit.Amount <= own.Amount)))
        {
            var document = LimitDocument.Of(own);
            yield return ("limits", FormattableString.Invariant($"must have one in {document.Unit}, window {document.Window}, of at most {document.Limit}"));
        }
        if (MaxTtlSeconds is { } seconds && (row.ExpiresAt is not { } end || end > row.CreatedAt.AddSeconds(seconds)))
        {
            yield return ("expiresAt", FormattableString.Invariant($"must be at most {seconds} seconds after the token was made"));
        }
    }

    private IEnumerable<Limit> OwnLimits => Limits.Select(document => document.TryRead(out var limit, out _) ? limit : throw new FormatException("A ceiling's limit is not valid."));

    private static bool IsWithin(List<string> items, Func<string, bool> isWithin) => items.Count > 0 && items.All(isWithin);

    private static bool IsSameCounter(in Limit a, in Limit b) => a.Unit == b.Unit && a.Window == b.Window;

    private static IEnumerable<ModelPattern> ModelPatterns(IEnumerable<string> texts) =>
        texts.Select(text => ModelPattern.TryParse(text, out var pattern) ? pattern : throw new FormatException("A model pattern is not valid."));

    private static IEnumerable<EndpointRule> EndpointRules(IEnumerable<string> texts) =>
        texts.Select(text => EndpointRule.TryParse(text, out var rule) ? rule : throw new FormatException("An endpoint rule is not valid."));
}
