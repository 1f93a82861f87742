using CredentialProxy.Core.Grants;
using CredentialProxy.Core.Pricing;

namespace CredentialProxy.Admin.Api.Prices;

/// <summary>Says what is wrong with a price to be set, field by field.</summary>
internal static class PriceRequests
{
    private const int MaxMatches = 100;
    private const int MaxTiers = 8;
    private const int MaxSourceLength = 200;
    private const long MaxTokens = 100_000_000;

    /// <summary>Notes what is wrong.</summary>
    public static void Check(PriceRequest request, IEnumerable<string> providers, FieldErrors errors)
    {
        errors.Require(request.Provider is not null && providers.Contains(request.Provider), "provider", "must be one that is known here");
        CheckMatch(request.Match, errors);
        CheckRates(request, "", errors);
        CheckTokens(request.Context, 1, "context", errors);
        CheckTokens(request.MaxOutput, 0, "maxOutput", errors);
        CheckTiers(request.Tiers, errors);
        foreach (var (name, factor) in request.Factors?.Named ?? [])
        {
            errors.Require(factor is null or (>= 0 and <= PriceTerms.MaxFactor), $"factors.{name}", $"must be from 0 to {PriceTerms.MaxFactor}");
        }
        CheckTools(request.Tools, errors);
        errors.Require(request.Source is null || (request.Source.Length <= MaxSourceLength && !request.Source.Any(char.IsControl)), "source", $"must be at most {MaxSourceLength} characters, none of them a control character");
        errors.Require(request.HasRates || request.Factors is not null || request.Tools is { Count: > 0 }, "input", "must be there, or 'factors' or 'tools'");
        errors.Require(!request.HasRates || request.Input is not null, "input", "must be there where anything else of tokens is stated");
    }

    private static void CheckMatch(IReadOnlyList<string>? match, FieldErrors errors)
    {
        errors.Require(match is { Count: > 0 and <= MaxMatches }, "match", $"must be 1 to {MaxMatches} names or patterns of models");
        for (var i = 0; i < Math.Min(match?.Count ?? 0, MaxMatches); i++)
        {
            errors.Require(ModelPattern.TryParse(match![i], out _), $"match[{i}]", $"must be 1 to {ModelPattern.MaxLength} printable ASCII characters, none of them a space");
        }
        errors.Require(match is null || match.Distinct(StringComparer.Ordinal).Count() == match.Count, "match", "must have none twice");
    }

    private static void CheckRates(PriceEntryRates rates, string where, FieldErrors errors)
    {
        foreach (var (name, rate) in rates.Named)
        {
            errors.Require(rate is null or (>= 0 and <= PriceList.MaxRate), where + name, $"must be USD per million tokens from 0 to {PriceList.MaxRate}");
        }
    }

    private static void CheckTiers(IReadOnlyList<PriceEntryTier>? tiers, FieldErrors errors)
    {
        errors.Require(tiers is null or { Count: <= MaxTiers }, "tiers", $"must be at most {MaxTiers}");
        var thresholds = new HashSet<long>();
        for (var i = 0; i < Math.Min(tiers?.Count ?? 0, MaxTiers); i++)
        {
            if (tiers![i] is not { } tier)
            {
                errors.Require(false, $"tiers[{i}]", "must be there");
                continue;
            }
            CheckRates(tier, $"tiers[{i}].", errors);
            CheckTokens(tier.Above, 0, $"tiers[{i}].above", errors);
            errors.Require(thresholds.Add(tier.Above), $"tiers[{i}].above", "must be another than those of the tiers before");
            errors.Require(tier.Input is not null, $"tiers[{i}].input", "must be there");
        }
    }

    private static void CheckTools(IReadOnlyList<StatedTool>? tools, FieldErrors errors)
    {
        var most = HostedToolNames.All.Count;
        errors.Require(tools is null || tools.Count <= most, "tools", $"must be at most {most}");
        var known = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < Math.Min(tools?.Count ?? 0, most); i++)
        {
            if (tools![i] is not { } tool)
            {
                errors.Require(false, $"tools[{i}]", "must be there");
                continue;
            }
            errors.Require(HostedToolNames.TryParse(tool.Tool, out _), $"tools[{i}].tool", $"must be {string.Join(", ", HostedToolNames.All)}");
            errors.Require(known.Add(tool.Tool ?? ""), $"tools[{i}].tool", "must be another than those before");
            errors.Require(tool.PerCall is null or (>= 0 and <= PriceTerms.MaxToolPrice), $"tools[{i}].perCall", $"must be USD from 0 to {PriceTerms.MaxToolPrice}");
            errors.Require(tool.PerRequest is null or (>= 0 and <= PriceTerms.MaxToolPrice), $"tools[{i}].perRequest", $"must be USD from 0 to {PriceTerms.MaxToolPrice}");
            CheckTokens(tool.TokensPerCall, 0, $"tools[{i}].tokensPerCall", errors);
        }
    }

    private static void CheckTokens(long? tokens, long least, string field, FieldErrors errors) =>
        errors.Require(tokens is null || (tokens >= least && tokens <= MaxTokens), field, $"must be tokens from {least} to {MaxTokens}");
}
