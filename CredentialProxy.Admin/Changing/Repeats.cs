using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using CredentialProxy.Admin.Api;
using CredentialProxy.Admin.Authorizing;
using CredentialProxy.Core.Storage;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.EntityFrameworkCore;

namespace CredentialProxy.Admin.Changing;

/// <summary>
/// Remembers idempotency keys for a day, so many for each caller. A key is its caller's own, and a resource's own; of what was asked for only a hash is kept.
/// </summary>
internal sealed class Repeats(TimeProvider time)
{
    private const string Header = "Idempotency-Key";
    private const int MaxKeyLength = 255;
    private const int MaxKeptPerCaller = 10_000;
    private static readonly TimeSpan KeptFor = TimeSpan.FromDays(1);

    /// <summary>What a key that is none is answered with.</summary>
    public static ApiProblem WrongKey { get; } =
        new(StatusCodes.Status400BadRequest, "invalid_request", $"{Header} must be 1 to {MaxKeyLength} printable ASCII characters, and there once.");

    /// <summary>What a key is answered with that was used for something else.</summary>
    public static ApiProblem OtherRequest { get; } =
        new(StatusCodes.Status422UnprocessableEntity, "idempotency_key_reused", $"This {Header} was used for another request. Use a new key for each request.");

    /// <summary>Reads the header; null where there is none, false where it is wrong.</summary>
    public static bool TryReadKey(HttpContext http, string kind, object request, out RepeatRow? repeat)
    {
        repeat = null;
        var values = http.Request.Headers[Header];
        if (values.Count == 0)
        {
            return true;
        }
        var key = values.ToString();
        if (values.Count > 1 || key.Length is 0 or > MaxKeyLength || key.AsSpan().ContainsAnyExceptInRange(' ', '~'))
        {
            return false;
        }
        var actor = http.Features.GetRequiredFeature<AdminCaller>().Name;
        repeat = new RepeatRow { Key = Hash($"{kind}\n{key}\n{actor}"), Actor = actor, RequestHash = Hash(JsonSerializer.Serialize(request, request.GetType())), ObjectId = "", ExpiresAt = default };
        return true;
    }

    /// <summary>What was made or changed under the key before; null for nothing.</summary>
    public async Task<RepeatRow?> FindAsync(StorageContext context, RepeatRow repeat, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        return await context.Repeats.AsNoTracking().FirstOrDefaultAsync(row => row.Key == repeat.Key && row.ExpiresAt > now, cancellationToken);
    }

    /// <summary>Remembers the key with what is made or changed under it, in its transaction; refuses one too many.</summary>
    public async Task<ApiProblem?> RefuseAsync(StorageContext context, RepeatRow repeat, string objectId, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        await context.Repeats.Where(row => row.ExpiresAt <= now).ExecuteDeleteAsync(cancellationToken);
        if (await context.Repeats.CountAsync(row => row.Actor == repeat.Actor, cancellationToken) >= MaxKeptPerCaller)
        {
            return new ApiProblem(StatusCodes.Status429TooManyRequests, "too_many_idempotency_keys", $"At most {MaxKeptPerCaller} keys are remembered for each caller, a day long. Leave {Header} out, or come again later.") { RetryAfter = TimeSpan.FromHours(1) };
        }
        repeat.ObjectId = objectId;
        repeat.ExpiresAt = now + KeptFor;
        context.Repeats.Add(repeat);
        return null;
    }

    private static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
}
