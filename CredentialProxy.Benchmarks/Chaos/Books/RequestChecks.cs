using System.Diagnostics;
using System.Globalization;
using CredentialProxy.Benchmarks.Attacks.Overspend;
using CredentialProxy.Benchmarks.Chaos.Load;
using CredentialProxy.Core.Usage;

namespace CredentialProxy.Benchmarks.Chaos.Books;

/// <summary>Holds each request's record against what its client got and what the provider did.</summary>
internal sealed class RequestChecks(Ledgers ledgers)
{
    // A settlement is written within some hundredths of a second; on a machine that is overloaded, later.
    private static readonly TimeSpan WrittenWithin = TimeSpan.FromSeconds(1);

    public IEnumerable<Check> All() => [Once(), Whole(), Exact(), Uncertain(), Unrecorded(), Sums()];

    private Check Once()
    {
        var records = ledgers.Usage.Records;
        var ids = records.Select(record => record.RequestId).Distinct().Count();
        var models = ledgers.Attempts.Select(attempt => attempt.Model).ToHashSet();
        var twice = ledgers.RecordsOf.Count(group => group.Count() > 1);
        var strange = records.Count(record => !models.Contains(record.Model));
        return new("every settled request is in Postgres once", ids == records.Count && twice == 0 && strange == 0, Text($"{records.Count} records, {records.Count - ids} ids twice, {twice} requests twice, {strange} that nobody sent"));
    }

    private Check Whole()
    {
        var whole = ledgers.Attempts.Where(attempt => attempt.End == AttemptEnd.Whole).ToList();
        var wrong = whole.Count(attempt => ledgers.RecordsOf[attempt.Model].Any(record => record.RequestId != attempt.RequestId || (record.InputTokens, record.OutputTokens) != attempt.Told));
        var missing = whole.Count(attempt => !ledgers.RecordsOf.Contains(attempt.Model));
        var unexcused = whole.Count(attempt => !ledgers.RecordsOf.Contains(attempt.Model) && !IsLostToKill(attempt));
        return new("whole answers have their record, with the figures that the client was told", wrong == 0 && unexcused == 0, Text($"{whole.Count} answers, {wrong} with others, {missing} without, {unexcused} of these not just before a kill"));
    }

    private Check Exact()
    {
        var exact = ledgers.Usage.Records.Where(record => record.Marks == UsageMarks.None).ToList();
        var wrong = exact.Count(record => ledgers.Truths.GetValueOrDefault(record.Model) is var truth && (record.InputTokens, record.OutputTokens) != (truth.Input, truth.Output));
        return new("records without a mark say what the provider did", wrong == 0, Text($"{exact.Count} records, {wrong} with other figures, {exact.Sum(record => record.InputTokens + record.OutputTokens)} tokens"));
    }

    private Check Uncertain()
    {
        var marked = ledgers.Usage.Records.Where(record => record.Marks != UsageMarks.None).ToList();
        var atReservation = marked.Count(record => record.Marks.HasFlag(UsageMarks.ChargedAtReservation));
        var (charged, produced) = (marked.Sum(record => record.Charged(UnitAmounts.Tokens)), marked.Sum(Produced));
        var below = marked.Where(record => record.Charged(UnitAmounts.Tokens) < Produced(record)).ToList();
        // A stream that was left is counted as far as it passed; what was on its way may be more, a reservation never.
        var voided = below.Count(record => record.Marks.HasFlag(UsageMarks.ChargedAtReservation));
        return new(
            "requests that broke off are charged what they may have used", voided == 0 && charged >= produced,
            Text($"{marked.Count} records, {atReservation} at their reservation; charged {charged}, produced {produced} tokens; {below.Count} below, by {below.Sum(record => Produced(record) - record.Charged(UnitAmounts.Tokens))}, {voided} of these at their reservation"));

        long Produced(RecordedRequest record) => UnitAmounts.Spent(UnitAmounts.Tokens, ledgers.Truths.GetValueOrDefault(record.Model));
    }

    private Check Unrecorded()
    {
        var unexcused = ledgers.Unrecorded.Where(attempt => !IsLostToKill(attempt)).ToList();
        var uncovered = ledgers.All.Where(account => ledgers.Produced(account, ledgers.Unrecorded) > ledgers.Closed(account).Amount).ToList();
        var produced = ledgers.Unrecorded.Sum(attempt => UnitAmounts.Spent(UnitAmounts.Tokens, ledgers.Truths[attempt.Model]));
        return new(
            "what has no record was under way at a kill, and inside the dead gateway's lease", unexcused.Count == 0 && uncovered.Count == 0,
            Text($"{ledgers.Unrecorded.Count} requests, {produced} tokens; {unexcused.Count} not at a kill; {uncovered.Count} accounts whose closed leases are less{First(unexcused)}"));
    }

    private Check Sums()
    {
        var wrong = 0;
        foreach (var token in ledgers.Tokens)
        {
            var records = ledgers.Usage.Records.Where(record => record.TokenId == token.Id).ToList();
            wrong += ledgers.Usage.Sums.GetValueOrDefault(token.Id) == (records.Count, records.Sum(record => record.Charged(UnitAmounts.Tokens))) ? 0 : 1;
        }
        return new("sums by token are those of the records", wrong == 0, Text($"{ledgers.Tokens.Count} tokens, {wrong} with others"));
    }

    /// <summary>Whether an attempt ended so shortly before its gateway was killed, or after, that what it used need not have been written: neither to Redis nor, while that was away, to the journal.</summary>
    private static bool IsLostToKill(Attempt attempt) => attempt.Life.KilledAt is { } killed && attempt.EndedAt >= killed - Ticks(WrittenWithin);

    private static long Ticks(TimeSpan time) => (long)(time.TotalSeconds * Stopwatch.Frequency);

    private static string First(List<Attempt> attempts) => attempts.Count == 0 ? "" : $"; the first: {attempts[0].Life}, {attempts[0].End}, {attempts[0].Model}";

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
