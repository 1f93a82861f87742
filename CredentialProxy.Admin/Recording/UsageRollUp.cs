using CredentialProxy.Admin.Storage;
using CredentialProxy.Core.Storage;
using CredentialProxy.Core.Usage;

namespace CredentialProxy.Admin.Recording;

/// <summary>
/// Sums of usage by hour and by day, told apart by some of the values that a record carries. Each combination of them is a series. The fewer values, the fewer sums: a question is answered out of
/// the coarsest that knows all it asks for.
/// </summary>
internal sealed class UsageRollUp
{
    private readonly string[] _values;

    private UsageRollUp(MonthlyPartitions hours, string series, string days, string stagedHash, params string[] values) =>
        (Hours, Series, Days, StagedHash, _values) = (hours, series, days, stagedHash, values);

    /// <summary>Everything there is to tell usage apart by.</summary>
    public static readonly UsageRollUp Finest = new(
        MonthlyPartitions.OfHours, "usage_series", "usage_days", "SeriesHash", nameof(UsageRow.TokenId), nameof(UsageRow.ProjectId), nameof(UsageRow.CredentialId), nameof(UsageRow.Provider), nameof(UsageRow.Model));

    /// <summary>Who used it, whatever it was.</summary>
    public static readonly UsageRollUp Tokens = new(
        MonthlyPartitions.OfTokenHours, "usage_token_series", "usage_token_days", "TokenSeriesHash", nameof(UsageRow.TokenId), nameof(UsageRow.ProjectId));

    /// <summary>All but tokens, of which there may be any number in a year.</summary>
    public static readonly UsageRollUp Projects = new(
        MonthlyPartitions.OfProjectHours, "usage_project_series", "usage_project_days", "ProjectSeriesHash", nameof(UsageRow.ProjectId), nameof(UsageRow.CredentialId), nameof(UsageRow.Provider), nameof(UsageRow.Model));

    /// <summary>What was used, by whomever: few enough for a year by hour.</summary>
    public static readonly UsageRollUp Models = new(
        MonthlyPartitions.OfModelHours, "usage_model_series", "usage_model_days", "ModelSeriesHash", nameof(UsageRow.CredentialId), nameof(UsageRow.Provider), nameof(UsageRow.Model));

    /// <summary>All of them, the coarsest first.</summary>
    public static readonly IReadOnlyList<UsageRollUp> All = [Models, Projects, Tokens, Finest];

    /// <summary>Partitions of the sums by hour.</summary>
    public MonthlyPartitions Hours { get; }

    /// <summary>Table of the sums by day.</summary>
    public string Days { get; }

    /// <summary>Table of the series.</summary>
    public string Series { get; }

    /// <summary>Column of a staged record that holds the hash of its series.</summary>
    public string StagedHash { get; }

    /// <summary>Columns that tell series apart.</summary>
    public IReadOnlyList<string> Values => _values;

    /// <summary>Out of which a question is answered.</summary>
    public static UsageRollUp For(UsageQuery query)
    {
        IReadOnlyList<string> asked = [.. Asked(query)];
        return All.First(rollUp => asked.All(rollUp._values.Contains));
    }

    /// <summary>Column of what is grouped by; null for a time, and for nothing.</summary>
    public static string? ColumnOf(UsageGrouping grouping) => grouping switch
    {
        UsageGrouping.Token => nameof(UsageRow.TokenId),
        UsageGrouping.Project => nameof(UsageRow.ProjectId),
        UsageGrouping.Model => nameof(UsageRow.Model),
        UsageGrouping.Provider => nameof(UsageRow.Provider),
        UsageGrouping.Credential => nameof(UsageRow.CredentialId),
        _ => null,
    };

    /// <summary>Columns that a question filters by, and what each must be.</summary>
    public static IEnumerable<(string Column, string Value)> FiltersOf(UsageQuery query)
    {
        (string Column, string? Value)[] filters =
        [
            (nameof(UsageRow.TokenId), query.TokenId), (nameof(UsageRow.ProjectId), query.ProjectId), (nameof(UsageRow.CredentialId), query.CredentialId), (nameof(UsageRow.Model), query.Model),
            (nameof(UsageRow.Provider), query.Provider),
        ];
        return filters.Where(filter => filter.Value is not null).Select(filter => (filter.Column, PostgresText.Clean(filter.Value!)));
    }

    private static IEnumerable<string> Asked(UsageQuery query)
    {
        var filters = FiltersOf(query).Select(filter => filter.Column);
        return ColumnOf(query.GroupBy) is { } key ? filters.Append(key) : filters;
    }
}
