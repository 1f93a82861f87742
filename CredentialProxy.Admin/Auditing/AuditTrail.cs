using System.Text.Json;
using System.Text.Json.Serialization;
using CredentialProxy.Admin.Authorizing;
using CredentialProxy.Core.Storage;
using Microsoft.AspNetCore.Http.Features;
using Npgsql;

namespace CredentialProxy.Admin.Auditing;

/// <summary>Notes who changed what, in the transaction of the change itself.</summary>
internal static class AuditTrail
{
    /// <summary>Stands for the control plane itself, which changes what its time has come for.</summary>
    public const string System = "system";

    /// <summary>Stands for whoever may start the program on the machine.</summary>
    public const string CommandLine = "command-line";

    private static readonly JsonSerializerOptions Format = new(JsonSerializerDefaults.Web) { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull };

    /// <summary>Adds an entry; it is written with the change. What the object was and is must hold neither token nor key.</summary>
    public static void Note(this StorageContext context, HttpContext http, TimeProvider time, string action, string objectId, object? before, object? after)
    {
        var caller = http.Features.GetRequiredFeature<AdminCaller>();
        context.Note(caller.Name, caller.Role is { } role ? AdminRoles.NameOf(role) : "", time, action, objectId, before, after);
    }

    /// <summary>The same of what no caller of the API has changed.</summary>
    /// <param name="context">The transaction of the change.</param>
    /// <param name="actor"><see cref="System"/> or <see cref="CommandLine"/>.</param>
    /// <param name="time">The clock.</param>
    /// <param name="action">What was done.</param>
    /// <param name="objectId">The object.</param>
    /// <param name="before">What it was.</param>
    /// <param name="after">What it is.</param>
    public static void Note(this StorageContext context, string actor, TimeProvider time, string action, string objectId, object? before, object? after) =>
        context.Note(actor, "", time, action, objectId, before, after);

    /// <summary>The same in a transaction that is no context's.</summary>
    public static async Task NoteAsync(this NpgsqlConnection connection, string actor, DateTimeOffset time, string action, string objectId, object? before, object? after, CancellationToken cancellationToken)
    {
        var entry = Entry(actor, "", time, action, objectId, before, after);
        await using var command = new NpgsqlCommand(
            """INSERT INTO audit ("Time", "Actor", "Role", "Action", "ObjectId", "BeforeJson", "AfterJson") VALUES ($1, $2, $3, $4, $5, $6, $7)""", connection)
        {
            Parameters =
            {
                new() { Value = entry.Time.ToUnixTimeMilliseconds() }, new() { Value = entry.Actor }, new() { Value = entry.Role }, new() { Value = entry.Action }, new() { Value = entry.ObjectId },
                new() { Value = (object?)entry.BeforeJson ?? DBNull.Value }, new() { Value = (object?)entry.AfterJson ?? DBNull.Value },
            },
        };
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static void Note(this StorageContext context, string actor, string role, TimeProvider time, string action, string objectId, object? before, object? after) =>
        context.Audit.Add(Entry(actor, role, time.GetUtcNow(), action, objectId, before, after));

    private static AuditRow Entry(string actor, string role, DateTimeOffset time, string action, string objectId, object? before, object? after) => new()
    {
        Time = time,
        Actor = actor,
        Role = role,
        Action = action,
        ObjectId = objectId,
        BeforeJson = Write(before),
        AfterJson = Write(after),
    };

    private static string? Write(object? state) => state is null ? null : JsonSerializer.Serialize(state, state.GetType(), Format);
}
