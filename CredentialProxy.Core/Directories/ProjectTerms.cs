using System.Collections.Immutable;
using CredentialProxy.Core.Grants;
using CredentialProxy.Core.Limits;
using CredentialProxy.Core.Storage;
using Microsoft.Extensions.Logging;

namespace CredentialProxy.Core.Directories;

/// <summary>What all tokens of a project have in common.</summary>
internal readonly record struct ProjectTerms(ImmutableArray<Limit> Limits, Features Features)
{
    /// <summary>Those of a project that isn't known.</summary>
    public static readonly ProjectTerms Unknown = new([], Features.None);

    private static readonly ProjectTerms Unreadable = new([new Limit(LimitUnit.Requests, 0, LimitWindow.Lifetime)], Features.None);

    /// <summary>Reads a row. Fails closed: a project that can't be read spends nothing, and the others are not kept from loading.</summary>
    public static ProjectTerms Read(ProjectRow row, ILogger logger)
    {
        try
        {
            return new ProjectTerms(LimitDocument.Read(row.LimitsJson), FeatureNames.Parse(row.Features));
        }
        catch (FormatException e)
        {
            return Unread(row.Id, e, logger);
        }
    }

    /// <summary>Those of a project that can't be read.</summary>
    public static ProjectTerms Unread(string id, FormatException e, ILogger logger)
    {
        DirectoryLog.UnreadableProject(logger, id, e.Message);
        return Unreadable;
    }
}
