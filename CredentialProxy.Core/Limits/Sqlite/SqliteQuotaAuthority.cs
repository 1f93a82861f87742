using System.ComponentModel.DataAnnotations;
using System.Security.Cryptography;
using CredentialProxy.Core.Usage;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;

namespace CredentialProxy.Core.Limits.Sqlite;

/// <summary>
/// The accounts in an embedded SQLite file. One thread writes; all calls that wait for it share one transaction, and each is answered when that is on the
/// disk. A file that fails is closed and opened anew with the next call, so that the accounts are back as soon as the disk is.
/// </summary>
public sealed class SqliteQuotaAuthority : IQuotaAuthority, IAsyncDisposable
{
    /// <summary>Calls that may wait. A ledger has a few under way at any time; more waiting than this means that the writer is stuck.</summary>
    private const int MostWaiting = 1_024;

    private const int MostInTransaction = 256;

    private readonly SqliteQuotaOptions _options;
    private readonly TimeProvider _time;
    private readonly SteadyClock _steady;
    private readonly ILogger<SqliteQuotaAuthority> _logger;
    private readonly string _holder = RandomNumberGenerator.GetHexString(16, lowercase: true);
    private readonly SqliteWorkQueue _waiting = new(MostWaiting);
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private SqliteSession? _session; // the writer thread's alone

    /// <summary>Starts the writer; the file is opened by the first call. Each authority is a new holder.</summary>
    public SqliteQuotaAuthority(SqliteQuotaOptions options, TimeProvider time, ILogger<SqliteQuotaAuthority> logger)
    {
        Validator.ValidateObject(options, new ValidationContext(options), validateAllProperties: true);
        _options = options;
        _time = time;
        _steady = new SteadyClock(time);
        _logger = logger;
        new Thread(Write) { IsBackground = true, Name = "accounts writer" }.Start();
    }

    /// <summary>Never raised: whoever has the file is alive.</summary>
    public event EventHandler? Expired
    {
        add { }
        remove { }
    }

    /// <summary>Opens the file and closes the books of earlier runs, so that what is wrong with it shows at the start. Not required.</summary>
    public async ValueTask OpenAsync(CancellationToken cancellationToken) => await LeaseAsync(default, default, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<LeaseAnswer[]> LeaseAsync(ReadOnlyMemory<LeaseAmount> returns, ReadOnlyMemory<LeaseRequest> requests, CancellationToken cancellationToken)
    {
        LeaseRules.Check(returns.Span, requests.Span);
        return AskAsync(
            session =>
            {
                if (requests.IsEmpty && returns.IsEmpty)
                    session.Prove();
                return session.Accounts.Lease(returns.Span, requests.Span);
            },
            cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask SettleAsync(IReadOnlyList<Settlement> settlements, CancellationToken cancellationToken)
    {
        LeaseRules.Check(settlements);
        using var trace = RecordTrace.Begin(settlements.Select(settlement => settlement.Record), "sqlite");
        try
        {
            await AskAsync(
                session =>
                {
                    session.Accounts.Settle(settlements);
                    return true;
                },
                cancellationToken);
        }
        catch (Exception e) when (trace is not null)
        {
            trace.Fail(e.GetType());
            throw;
        }
    }

    /// <inheritdoc/>
    public ValueTask<CounterState[]> ReadAsync(IReadOnlyList<CounterKey> counters, CancellationToken cancellationToken) =>
        AskAsync(session => session.Accounts.Read(counters), cancellationToken);

    /// <inheritdoc/>
    public async ValueTask ResetAsync(CounterKey counter, CancellationToken cancellationToken)
    {
        LeaseRules.CheckReset(counter);
        await AskAsync(
            session =>
            {
                session.Accounts.Reset(counter);
                return true;
            },
            cancellationToken);
    }

    /// <summary>Finishes what waits and closes the file.</summary>
    public async ValueTask DisposeAsync()
    {
        _waiting.Close();
        await _ended.Task;
    }

    private async ValueTask<T> AskAsync<T>(Func<SqliteSession, T> run, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var work = new SqliteWork<T>(run);
        if (!_waiting.TryAdd(work))
        {
            throw new QuotaAuthorityUnavailableException(_waiting.IsClosed
                ? "The accounts are closed: the process is stopping."
                : $"The accounts in {_options.DatabasePath} are not keeping up: {MostWaiting} calls wait for the disk.");
        }

        // A call once taken is done or fails as a whole; leaving early would leave the caller not knowing which.
        return await work.Done;
    }

    private void Write()
    {
        var group = new List<SqliteWork>(MostInTransaction);
        while (_waiting.Take(group, MostInTransaction))
        {
            WriteGroup(group);
            group.Clear();
        }

        _session?.Dispose();
        _ended.SetResult();
    }

    private void WriteGroup(List<SqliteWork> group)
    {
        try
        {
            var session = _session ??= Open();
            session.Begin();
            foreach (var work in group)
                work.Run(session);
            session.Commit();
        }
#pragma warning disable CA1031 // Whatever it is, the callers must hear of it and the writer must live on.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            Close();
            Fail(group, exception);
            return;
        }

        foreach (var work in group)
            work.Complete();
    }

    private SqliteSession Open()
    {
        var session = new SqliteSession(_options, _holder, _time, _steady);
        SqliteLog.Opened(_logger, _options.DatabasePath, session.ClosedLeases);
        return session;
    }

    private void Close()
    {
        try
        {
            _session?.Dispose();
        }
        catch (SqliteException)
        {
            // The failure that led here is the one to report.
        }

        _session = null;
    }

    private void Fail(List<SqliteWork> group, Exception exception)
    {
        var reason = exception is SqliteException { SqliteErrorCode: var code } ? $"{exception.Message} (SQLite code {code})" : exception.Message;
        SqliteLog.Failed(_logger, _options.DatabasePath, reason);
        var unavailable = new QuotaAuthorityUnavailableException($"The accounts in {_options.DatabasePath} can't be read or written: {reason}", exception);
        foreach (var work in group)
            work.Fail(unavailable);
    }
}
