using CredentialProxy.Admin.Listing;
using CredentialProxy.Core.Usage;

namespace CredentialProxy.Admin.Api.Usage;

/// <summary>Filters of usage records; all of them apply together.</summary>
/// <param name="Token">Token id.</param>
/// <param name="Project">Project id.</param>
/// <param name="Credential">Credential id.</param>
/// <param name="Model">Model.</param>
/// <param name="Provider">Provider.</param>
/// <param name="From">First moment, inclusive.</param>
/// <param name="To">Last moment, exclusive.</param>
internal sealed record UsageRecordFilter(string? Token, string? Project, string? Credential, string? Model, string? Provider, string? From, string? To)
{
    /// <summary>Reads them.</summary>
    public UsageQuery Read(FieldErrors errors) => new()
    {
        TokenId = Filters.Text(Token, "token", errors),
        ProjectId = Filters.Text(Project, "project", errors),
        CredentialId = Filters.Text(Credential, "credential", errors),
        Model = Filters.Text(Model, "model", errors),
        Provider = Filters.Text(Provider, "provider", errors),
        From = Times.Read(From, "from", errors),
        To = Times.Read(To, "to", errors),
    };
}
