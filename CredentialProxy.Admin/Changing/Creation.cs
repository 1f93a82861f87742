using CredentialProxy.Admin.Api;
using CredentialProxy.Core.Storage;

namespace CredentialProxy.Admin.Changing;

/// <summary>The making of one object.</summary>
/// <typeparam name="T">Its row.</typeparam>
internal sealed record Creation<T>
    where T : class, IVersionedRow
{
    /// <summary>What it is, such as <c>token</c>.</summary>
    public required string Kind { get; init; }

    /// <summary>What was asked for; the same again under the same idempotency key makes no second object.</summary>
    public required object Request { get; init; }

    /// <summary>Makes the row and adds it to the context, or says why not.</summary>
    public required Func<StorageContext, Task<(T? Row, ApiProblem? Problem)>> Make { get; init; }

    /// <summary>The row as the audit log shows it, without a secret.</summary>
    public required Func<T, object> Snapshot { get; init; }

    /// <summary>Tells whoever must know that the object is there, and answers with it.</summary>
    public required Func<T, Task<IResult>> Answer { get; init; }

    /// <summary>Answers the same call again; null where the answer held what is shown once.</summary>
    public Func<T, Task<IResult>>? AnswerAgain { get; init; }

    /// <summary>What is answered when a value is there already that must be unique.</summary>
    public required ApiProblem Duplicate { get; init; }
}
