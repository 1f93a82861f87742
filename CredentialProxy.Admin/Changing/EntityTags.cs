using System.Globalization;
using CredentialProxy.Admin.Api;
using CredentialProxy.Core.Storage;
using Microsoft.Net.Http.Headers;

namespace CredentialProxy.Admin.Changing;

/// <summary>
/// Entity tags (RFC 9110 §8.8.3) of what operators change. They tell versions of the object's settings apart; what it has used meanwhile has none.
/// </summary>
internal static class EntityTags
{
    /// <summary>The tag. One object after another of the same id, deleted in between, has other tags.</summary>
    public static string Of(IVersionedRow row) => string.Create(CultureInfo.InvariantCulture, $"\"{row.CreatedAt.ToUnixTimeMilliseconds():x}.{row.Version}\"");

    /// <summary>Writes the tag to the answer.</summary>
    public static void Write(HttpContext http, IVersionedRow row) => http.Response.Headers.ETag = Of(row);

    /// <summary>Whether <c>If-Match</c> asks for a certain version.</summary>
    public static bool AreAskedFor(HttpContext http) => http.Request.Headers.IfMatch.Count > 0;

    /// <summary>Refuses a change that was made to another version than the row's.</summary>
    public static ApiProblem? Refuse(HttpContext http, IVersionedRow row)
    {
        if (!AreAskedFor(http))
        {
            return null;
        }
        var wanted = http.Request.GetTypedHeaders().IfMatch;
        if (wanted.Count == 0)
        {
            return new ApiProblem(StatusCodes.Status400BadRequest, "invalid_request", "If-Match must be the ETag of an earlier answer, or *.");
        }
        var present = new EntityTagHeaderValue(Of(row));
        return wanted.Any(tag => tag.Equals(EntityTagHeaderValue.Any) || tag.Compare(present, useStrongComparison: true)) ? null : Changed;
    }

    /// <summary>Somebody has changed the object since.</summary>
    public static ApiProblem Changed { get; } =
        new(StatusCodes.Status412PreconditionFailed, "precondition_failed", "The object has been changed since the version that If-Match names. Read it again, and make your change to what it is now.");
}
