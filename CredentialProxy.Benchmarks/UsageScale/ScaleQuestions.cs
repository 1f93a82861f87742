using CredentialProxy.Admin.Recording;
using CredentialProxy.Core.Usage;
using Npgsql;

namespace CredentialProxy.Benchmarks.UsageScale;

/// <summary>Asks the product's reader every question there is about the whole year: each grouping, with each combination of filters, five times each.</summary>
internal sealed class ScaleQuestions(NpgsqlDataSource postgres, Stopwatches watches)
{
    // A token that lives all year, and what it uses: what every filter fits is not nothing.
    private static readonly UsageQuery All = new()
    {
        TokenId = ScaleYear.TokenId(7),
        ProjectId = ScaleYear.ProjectId(7),
        CredentialId = ScaleYear.CredentialId(3),
        Provider = ScaleYear.Provider(3),
        Model = ScaleYear.Model(3, 1),
    };

    private static readonly UsageQuery Year = new() { From = ScaleYear.Start, To = ScaleYear.End };

    // As a dashboard asks for "the last 365 days": both ends cut an hour.
    private static readonly UsageQuery Cut = new() { From = ScaleYear.Start.AddMinutes(10), To = ScaleYear.End.AddMinutes(-10) };

    private readonly PostgresUsageReader _reader = new(postgres, _ => default);

    public async Task AskAsync()
    {
        foreach (var grouping in Enum.GetValues<UsageGrouping>())
        {
            await TellAsync($"a year, by {grouping}", Year with { GroupBy = grouping });
            await TellAsync($"a year less ten minutes at each end, by {grouping}", Cut with { GroupBy = grouping });
            await AskFilteredAsync(grouping);
        }
        await ExplainAsync(Year with { GroupBy = UsageGrouping.Hour });
        await ExplainAsync(Year with { GroupBy = UsageGrouping.Hour, ProjectId = All.ProjectId });
        await ExplainAsync(Cut with { GroupBy = UsageGrouping.Token });
    }

    // The dearest of all combinations of one filter or more.
    private async Task AskFilteredAsync(UsageGrouping grouping)
    {
        var (dearest, name) = (default(Times), "");
        for (var filters = 1; filters < 32; filters++)
        {
            var times = await TimeAsync(Filtered(filters) with { GroupBy = grouping });
            if (times.Cpu > dearest.Cpu)
            {
                (dearest, name) = (times, string.Join(" and ", UsageRollUp.FiltersOf(Filtered(filters)).Select(filter => filter.Column)));
            }
        }
        Console.WriteLine($"{$"  the dearest of 31 filters, of {name}",-60} {dearest}");
    }

    private static UsageQuery Filtered(int filters) => Year with
    {
        TokenId = (filters & 1) != 0 ? All.TokenId : null,
        ProjectId = (filters & 2) != 0 ? All.ProjectId : null,
        CredentialId = (filters & 4) != 0 ? All.CredentialId : null,
        Provider = (filters & 8) != 0 ? All.Provider : null,
        Model = (filters & 16) != 0 ? All.Model : null,
    };

    private async Task TellAsync(string what, UsageQuery query) => Console.WriteLine($"{what,-60} {await TimeAsync(query)}");

    private Task<Times> TimeAsync(UsageQuery query) => watches.TimeAsync(() => _reader.SummarizeAsync(query, CancellationToken.None).AsTask());

    private async Task ExplainAsync(UsageQuery query)
    {
        await using var connection = await postgres.OpenConnectionAsync();
        await using var command = new NpgsqlCommand { Connection = connection };
        UsageSelect.Write(query, UsageRollUp.For(query), default, command);
        command.CommandText = "EXPLAIN (ANALYZE, BUFFERS, COSTS OFF, TIMING OFF) " + command.CommandText;
        Console.WriteLine($"plan by {query.GroupBy}:");
        await using var reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync())
        {
            Console.WriteLine(reader.GetString(0));
        }
    }
}
