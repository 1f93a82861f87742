using CredentialProxy.Core.Grants;
using CredentialProxy.Core.Judging;
using CredentialProxy.Core.Objects;
using Microsoft.AspNetCore.WebUtilities;

namespace CredentialProxy.Gateway.Ownership;

/// <summary>
/// Lets a request name stored objects of its own only: those that its project made through the gateway, or its token where it has none. Another's is refused as one that doesn't exist is: the
/// same look-up finds neither, and the same words tell.
/// </summary>
internal sealed partial class OwnershipGuard(IObjectOwners owners, ILogger<OwnershipGuard> logger)
{
    private static readonly Refusal NotFound =
        new(RefusalCode.ObjectNotFound, "There is no such object. A stored object can be used by the project or token alone that made it through this gateway.") { IsFinal = true };

    // Nothing is remembered of such a token, so that there is no telling its objects from others'.
    private static readonly Refusal NotGranted = new(
        RefusalCode.FeatureNotAllowed,
        $"The request names a stored object, which a token must be granted by name. An operator can grant the feature '{FeatureNames.First(Features.StoredInput)}'; it holds for what is stored from then on.")
    { IsFinal = true };

    private static readonly Refusal Unavailable =
        new(RefusalCode.AccountsUnavailable, "Who made which object can't be read or written at the moment. Try again soon.") { RetryAfter = TimeSpan.FromSeconds(1) };

    /// <summary>Refuses what names another's object; of most requests, which name none, that is plain at once.</summary>
    public ValueTask<Refusal?> CheckAsync(ProxyRequest request)
    {
        var uses = request.Route.Endpoint!.Uses;
        return uses.IsEmpty && request.References is null && request.Named is null ? default : CheckObjectsAsync(request);
    }

    private async ValueTask<Refusal?> CheckObjectsAsync(ProxyRequest request)
    {
        try
        {
            foreach (var used in request.Route.Endpoint!.Uses)
            {
                var id = used.Segment >= 0 ? used.IdIn(request.Route.Path) : IdInQuery(request.Target.Query, used.Parameter);
                if (!await OwnsAsync(request, used.Kind, id))
                {
                    return NotFound;
                }
            }
            foreach (var reference in request.References?.All ?? [])
            {
                if (!ObjectRecorder.CanReuse(request))
                {
                    return NotGranted with { Parameter = reference.Field };
                }
                if (!await OwnsAsync(request, reference.Kind, reference.Id))
                {
                    return NotFound with { Parameter = reference.Field };
                }
            }
            if (request.Named is { } named)
            {
                // The gateway chose its name, and must know whose it is before the provider does.
                await owners.RememberAsync(request.Token.Grant.Owner, [named], request.Context.RequestAborted);
            }
            return null;
        }
        catch (ObjectOwnersUnavailableException e)
        {
            Log.NotRead(logger, request.Id, e);
            return Unavailable;
        }
    }

    private ValueTask<bool> OwnsAsync(ProxyRequest request, ObjectKind kind, string id) =>
        owners.OwnsAsync(request.Token.Grant.Owner, new StoredObject(request.Route.Provider.Name, kind.Name, id), request.Context.RequestAborted);

    // A parameter that is there twice names nothing: which one the provider takes can't be told.
    private static string IdInQuery(string query, string parameter)
    {
        string? found = null;
        foreach (var pair in new QueryStringEnumerable(query))
        {
            if (pair.DecodeName().Span.Equals(parameter, StringComparison.OrdinalIgnoreCase))
            {
                found = found is null ? pair.DecodeValue().ToString() : "";
            }
        }
        return found ?? "";
    }

    private static partial class Log
    {
        [LoggerMessage(3201, LogLevel.Error, "Request {RequestId} names a stored object, and whose it is can't be told")]
        public static partial void NotRead(ILogger logger, string requestId, Exception exception);
    }
}
