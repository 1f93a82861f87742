using CredentialProxy.Core.Directories;
using CredentialProxy.Core.Limits;
using CredentialProxy.Core.Storage;

namespace CredentialProxy.Admin.Api;

/// <summary>A kind of object that limits hang on.</summary>
/// <typeparam name="T">Its row.</typeparam>
/// <param name="Name">What it is called.</param>
/// <param name="AccountOf">Its account, by its id.</param>
/// <param name="Snapshot">The row as the audit log shows it.</param>
/// <param name="Tell">Tells the directory that one has changed.</param>
internal sealed record LimitedKind<T>(string Name, Func<string, AccountId> AccountOf, Func<T, object> Snapshot, Func<IDirectoryUpdater, string, Task> Tell)
    where T : class, ILimitedRow;
