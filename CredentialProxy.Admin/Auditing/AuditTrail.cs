using System.Text.Json;
using System.Text.Json.Serialization;
using CredentialProxy.Admin.Authorizing;
using CredentialProxy.Core.Storage;
using Microsoft.AspNetCore.Http.Features;

namespace CredentialProxy.Admin.Auditing;

/// <summary>Notes who changed what, in the transaction of the change itself.</summary>
internal static class AuditTrail
{
    private static readonly JsonSerializerOptions Format = new(JsonSerializerDefaults.Web) { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull };

    /// <summary>Adds an entry; it is written with the change. What the object was and is must hold neither token nor key.</summary>
    public static void Note(this StorageContext context, HttpContext http, TimeProvider time, string action, string objectId, object? before, object? after)
    {
        var caller = http.Features.GetRequiredFeature<AdminCaller>();
        context.Audit.Add(new AuditRow
        {
            Time = time.GetUtcNow(),
            Actor = caller.Name,
            Role = caller.Role is { } role ? AdminRoles.NameOf(role) : "",
            Action = action,
            ObjectId = objectId,
            BeforeJson = Write(before),
            AfterJson = Write(after),
        });
    }

    private static string? Write(object? state) => state is null ? null : JsonSerializer.Serialize(state, state.GetType(), Format);
}
