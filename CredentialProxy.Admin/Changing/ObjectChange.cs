using CredentialProxy.Admin.Api;
using CredentialProxy.Core.Storage;

namespace CredentialProxy.Admin.Changing;

/// <summary>A change of one object.</summary>
/// <typeparam name="T">Its row.</typeparam>
internal sealed record ObjectChange<T>
    where T : class, IVersionedRow
{
    /// <summary>What it is, for whoever asks for one that isn't there.</summary>
    public required string Kind { get; init; }

    /// <summary>What happens, for the audit log.</summary>
    public required string Action { get; init; }

    /// <summary>Finds the row; null when it isn't there for the caller.</summary>
    public required Func<StorageContext, Task<T?>> Find { get; init; }

    /// <summary>Changes the row, or says why not. May be called again, on the row as it then is.</summary>
    public required Func<StorageContext, T, Task<ApiProblem?>> Apply { get; init; }

    /// <summary>The row as the audit log shows it, without a secret.</summary>
    public required Func<T, object> Snapshot { get; init; }

    /// <summary>What was asked for, where asking twice is not the same as asking once: the same again under the same idempotency key changes nothing more.</summary>
    public object? Request { get; init; }

    /// <summary>What is answered when the change would make a value twice that must be unique.</summary>
    public ApiProblem? Duplicate { get; init; }
}
