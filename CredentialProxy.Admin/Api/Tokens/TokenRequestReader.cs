using System.Net;
using CredentialProxy.Admin.Authorizing;
using CredentialProxy.Core.Grants;
using CredentialProxy.Core.Providers;
using CredentialProxy.Core.Storage;
using Microsoft.EntityFrameworkCore;

namespace CredentialProxy.Admin.Api.Tokens;

/// <summary>Checks a <see cref="TokenRequest"/> and puts it into a row; every field that is wrong is named.</summary>
internal sealed class TokenRequestReader(TokenRequest request, ProviderCatalog catalog, AdminCaller caller, FieldErrors errors)
{
    private const int MaxItems = 64;
    private const int MaxLabelLength = 200;

    /// <summary>Puts what the request states into the row; what it leaves out stays, or has its default.</summary>
    public async Task ApplyAsync(TokenRow row, StorageContext context, DateTimeOffset now, bool isNew, CancellationToken cancellationToken)
    {
        if (request.Label is { } label)
        {
            errors.Require(label.Length <= MaxLabelLength && !label.Any(char.IsControl), "label", $"must be at most {MaxLabelLength} characters, none of them a control character");
            row.Label = label;
        }
        row.Providers = Read(request.Providers, "providers", catalog.Contains, $"must be among {string.Join(", ", catalog.Names)}") ?? row.Providers;
        row.Models = Read(request.Models, "models", text => ModelPattern.TryParse(text, out _), "must be model names, with * for anything") ?? row.Models;
        row.Endpoints = Read(request.Endpoints, "endpoints", text => EndpointRule.TryParse(text, out _), "must be rules such as 'POST /v1/chat/completions'") ?? row.Endpoints;
        row.Cidrs = Read(request.Cidrs, "cidrs", text => IPNetwork.TryParse(text, out _), "must be networks such as 10.0.0.0/8") ?? row.Cidrs;
        row.Origins = Read(request.Origins, "origins", text => text == "*" || Scope.IsOrigin(text), "must be origins such as https://app.example.com, or *") ?? row.Origins;
        row.Features = FeatureRequests.Read(request.Features, errors) ?? row.Features;
        row.LimitsJson = LimitRequests.Read(request.Limits, errors) ?? row.LimitsJson;
        ApplyExpiry(row, now);
        await ApplyReferencesAsync(row, context, isNew, cancellationToken);
        if (caller.Ceilings is { } ceilings && !errors.Any)
        {
            ceilings.Complete(row, isNew);
            foreach (var (field, rule) in ceilings.Excesses(row))
            {
                errors.Require(false, field, rule);
            }
        }
    }

    private List<string>? Read(IReadOnlyList<string>? items, string field, Func<string, bool> isValid, string rule)
    {
        if (items is null)
        {
            return null;
        }
        errors.Require(items.Count <= MaxItems, field, $"must have at most {MaxItems} items");
        errors.Require(items.All(item => item is not null && isValid(item)), field, rule);
        return [.. items];
    }

    private void ApplyExpiry(TokenRow row, DateTimeOffset now)
    {
        errors.Require(request.ExpiresAt is null || request.TtlSeconds is null, "ttlSeconds", "must not be there beside 'expiresAt'");
        if (request.TtlSeconds is { } ttl)
        {
            var isValid = ttl is > 0 and <= 10L * 366 * 86400;
            errors.Require(isValid, "ttlSeconds", "must be a whole number of seconds, at least 1 and at most ten years");
            row.ExpiresAt = isValid ? now.AddSeconds(ttl) : row.ExpiresAt;
        }
        else if (request.ExpiresAt == "never")
        {
            errors.Require(row.Kind == "proxy", "expiresAt", "must be a time: a session token always ends");
            row.ExpiresAt = null;
        }
        else if (request.ExpiresAt is { } text)
        {
            row.ExpiresAt = Times.ReadEnd(text, now, errors) ?? row.ExpiresAt;
        }
    }

    private async Task ApplyReferencesAsync(TokenRow row, StorageContext context, bool isNew, CancellationToken cancellationToken)
    {
        errors.Require(request.Project is null || !request.Project.Any(char.IsControl), "project", "must be the id or name of a project");
        var project = errors.Any ? null : request.Project is { Length: > 0 } stated ? stated : isNew ? caller.Ceilings?.Projects is [var only] ? only : null : null;
        if (project is not null)
        {
            var found = await context.Projects.AsNoTracking().FirstOrDefaultAsync(candidate => candidate.Id == project || candidate.Name == project, cancellationToken);
            errors.Require(found is not null, "project", "must be the id or name of a project");
            row.ProjectId = found?.Id ?? row.ProjectId;
            row.LimitsJson = isNew && request.Limits is null && found is not null ? found.TokenLimitsJson : row.LimitsJson;
        }
        if (request.Credential is { } credential)
        {
            errors.Require(credential.Length <= MaxLabelLength && !credential.Any(char.IsControl), "credential", "must be a credential's id");
            row.CredentialId = credential.Length == 0 ? null : credential;
        }
    }
}
