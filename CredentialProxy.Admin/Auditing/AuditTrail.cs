using System.Text.Json;
using CredentialProxy.Admin.Authorizing;
using CredentialProxy.Core.Storage;
using Microsoft.AspNetCore.Http.Features;

namespace CredentialProxy.Admin.Auditing;

/// <summary>Notes who changed what, in the transaction of the change itself.</summary>
internal static class AuditTrail
{
    /// <summary>Adds an entry; it is written with the change. The detail must hold neither token nor key.</summary>
    public static void Note(this StorageContext context, HttpContext http, TimeProvider time, string action, string objectId, object? detail = null) =>
        context.Audit.Add(new AuditRow
        {
            Time = time.GetUtcNow(),
            Actor = http.Features.GetRequiredFeature<AdminCaller>().Name,
            Action = action,
            ObjectId = objectId,
            DetailJson = detail is null ? "{}" : JsonSerializer.Serialize(detail),
        });
}
