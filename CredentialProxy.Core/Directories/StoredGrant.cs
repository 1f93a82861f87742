using System.Collections.Immutable;
using System.Net;
using CredentialProxy.Core.Grants;
using CredentialProxy.Core.Limits;
using CredentialProxy.Core.Storage;

namespace CredentialProxy.Core.Directories;

/// <summary>Turns the row of a token into its grant.</summary>
internal static class StoredGrant
{
    /// <summary>Reads a row.</summary>
    /// <exception cref="FormatException">It holds something that is no pattern, rule, network, limit or feature.</exception>
    public static Grant Read(TokenRow row, ImmutableArray<Limit> projectLimits, Features projectFeatures)
    {
        var limits = LimitDocument.Read(row.LimitsJson);
        var accounts = ImmutableArray.CreateBuilder<AccountLimits>(2);
        if (!limits.IsEmpty)
        {
            accounts.Add(new AccountLimits(AccountId.Token(row.Id), limits));
        }
        if (row.ProjectId is { } project && !projectLimits.IsEmpty)
        {
            accounts.Add(new AccountLimits(AccountId.Project(project), projectLimits));
        }
        return new Grant
        {
            TokenId = row.Id,
            Kind = row.Kind == "session" ? TokenKind.Session : TokenKind.Proxy,
            ProjectId = row.ProjectId,
            IsRevoked = row.IsDisabled || row.RevokedAt is not null,
            ExpiresAt = row.ExpiresAt,
            CredentialId = row.CredentialId,
            Accounts = accounts.DrainToImmutable(),
            Scope = new Scope
            {
                Providers = [.. row.Providers],
                Models = [.. row.Models.Select(text => ModelPattern.TryParse(text, out var pattern) ? pattern : throw new FormatException("A model pattern is not valid."))],
                Endpoints = [.. row.Endpoints.Select(text => EndpointRule.TryParse(text, out var rule) ? rule : throw new FormatException("An endpoint rule is not valid."))],
                Cidrs = [.. row.Cidrs.Select(text => IPNetwork.TryParse(text, out var network) ? network : throw new FormatException("A network is not valid."))],
                Origins = [.. row.Origins],
                Features = FeatureNames.Parse(row.Features) | projectFeatures,
            },
        };
    }
}
