using System.Data.Common;
using Microsoft.EntityFrameworkCore;

namespace CredentialProxy.Admin.Storage;

/// <summary>What may go wrong with a store that is no fault of a request's.</summary>
internal static class StoreFailures
{
    /// <summary>Whether it can't be reached or is too busy, so that the same may work a little later.</summary>
    public static bool IsUnavailable(Exception e) => e switch
    {
        DbException failure => failure.IsTransient,
        DbUpdateException or InvalidOperationException => e.InnerException is { } cause && IsUnavailable(cause),
        _ => false,
    };
}
