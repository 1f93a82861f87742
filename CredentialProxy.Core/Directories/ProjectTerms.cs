using System.Collections.Immutable;
using CredentialProxy.Core.Grants;
using CredentialProxy.Core.Limits;
using CredentialProxy.Core.Storage;
using Microsoft.Extensions.Logging;

namespace CredentialProxy.Core.Directories;

/// <summary>What all tokens of a project have in common.</summary>
internal readonly record struct ProjectTerms(ImmutableArray<Limit> Limits, Features Features)
{
    /// <summary>Those of no project, and of one that is known to another system alone, which mints its tokens.</summary>
    public static readonly ProjectTerms None = new([], Features.None);

    /// <summary>Those of a project that can't be read, or that a kept token belongs to and nobody knows: nothing may be spent.</summary>
    public static readonly ProjectTerms Closed = new([new Limit(LimitUnit.Requests, 0, LimitWindow.Lifetime)], Features.None);

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
        return Closed;
    }
}
