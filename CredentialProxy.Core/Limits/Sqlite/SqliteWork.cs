namespace CredentialProxy.Core.Limits.Sqlite;

/// <summary>One call waiting for the writer. Its answer is given after the commit and not before.</summary>
internal abstract class SqliteWork
{
    /// <summary>Does the call on an open transaction; may be done again on a new one when that one fails.</summary>
    public abstract void Run(SqliteSession session);

    /// <summary>The transaction is on the disk.</summary>
    public abstract void Complete();

    /// <summary>Nothing was done.</summary>
    public abstract void Fail(Exception exception);
}

/// <summary>A call with an answer.</summary>
internal sealed class SqliteWork<T>(Func<SqliteSession, T> run) : SqliteWork
{
    private readonly TaskCompletionSource<T> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private T? _answer;

    public Task<T> Done => _done.Task;

    public override void Run(SqliteSession session) => _answer = run(session);

    public override void Complete() => _done.TrySetResult(_answer!);

    public override void Fail(Exception exception) => _done.TrySetException(exception);
}
