using CredentialProxy.Core.Grants;
using CredentialProxy.Core.Inspection;
using CredentialProxy.Core.Judging;
using CredentialProxy.Core.Objects;
using CredentialProxy.Core.Providers;
using CredentialProxy.Gateway.Ownership;

namespace CredentialProxy.Gateway.Inspection;

/// <summary>Reads the bodies of endpoints without a dialect, as far as their table says: for the stored objects and the model that they name.</summary>
internal sealed class ManagedBodyInspector(BodyReader bodies)
{
    /// <summary>Most bytes of a model's name.</summary>
    private const int MaxModelLength = 256;

    /// <summary>The body names more objects than are looked up.</summary>
    public static Refusal TooManyObjects { get; } =
        new(RefusalCode.InvalidRequestBody, $"The body names more than {References.MaxCount} stored objects.") { IsFinal = true };

    /// <summary>Inspects.</summary>
    public async ValueTask<Refusal?> InspectAsync(ProxyRequest request, Endpoint endpoint)
    {
        if (QueryRules.CheckUnmetered(request.Target.Query) is { } refusal)
        {
            return refusal;
        }
        var type = request.Context.Request.ContentType ?? "";
        var isForm = type.StartsWith("multipart/form-data", StringComparison.OrdinalIgnoreCase);
        switch (endpoint.Body)
        {
            case BodyForm.Upload when UploadNaming.Begins(request.Context.Request.Headers):
                return await bodies.ReadAsync(request) ?? UploadNaming.Apply(request);
            case BodyForm.Json when isForm:
                return new Refusal(RefusalCode.InvalidRequestBody, "The body of this endpoint must be JSON here: a form could name objects in a way that is not read.") { IsFinal = true };
            case BodyForm.Form when isForm:
                return await bodies.ReadAsync(request) ?? await ReadFormAsync(request, endpoint, type);
            case BodyForm.Json or BodyForm.Form:
                return await bodies.ReadAsync(request) ?? ReadJson(request, endpoint);
            default:
                return bodies.PassUnread(request);
        }
    }

    private static Refusal? ReadJson(ProxyRequest request, Endpoint endpoint)
    {
        if (request.Body!.Content.IsEmpty)
        {
            return null;
        }
        request.IsJson = true;
        return ReferenceReader.Read(request.Route.Provider.Kinds, Dialect.None, request.Body.Content, LooksAtValues(endpoint), out var references) is { } error
            ? new Refusal(RefusalCode.InvalidRequestBody, error.Message) { Parameter = error.Param, IsFinal = true }
            : Take(request, references);
    }

    private static async ValueTask<Refusal?> ReadFormAsync(ProxyRequest request, Endpoint endpoint, string contentType) =>
        await FormReferences.ReadAsync(request.Route.Provider.Kinds, contentType, default(BodyEdits).Open(request.Body!.Content), LooksAtValues(endpoint), request.Context.RequestAborted) is { } references
            ? Take(request, references)
            : new Refusal(RefusalCode.InvalidRequestBody, "The body is not a form as its Content-Type says.") { IsFinal = true };

    // Where nothing is managed, a value that looks like an id is text for a model.
    private static bool LooksAtValues(Endpoint endpoint) => endpoint.Needs != Features.None;

    private static Refusal? Take(ProxyRequest request, References references)
    {
        request.References = references.All.Count == 0 ? null : references;
        if (references.AreTooMany)
        {
            return TooManyObjects;
        }
        if (references.Models.Count == 0)
        {
            return null;
        }
        if (references.Models.Count > 1 || references.Models[0] is not { Length: <= MaxModelLength } model || model.AsSpan().ContainsAnyExceptInRange('!', '~'))
        {
            return new Refusal(RefusalCode.InvalidRequestBody, $"'model' must be there once, as at most {MaxModelLength} printable ASCII characters without blanks.") { Parameter = "model", IsFinal = true };
        }
        request.Facts = request.Facts with { Model = model };
        return null;
    }
}
