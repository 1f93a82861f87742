using CredentialProxy.Core.Grants;
using CredentialProxy.Core.Objects;

namespace CredentialProxy.Gateway.Ownership;

/// <summary>Remembers what was made and forgets what was deleted. Nothing is remembered of tokens that could not use it again.</summary>
internal sealed partial class ObjectRecorder(IObjectOwners owners, TimeProvider time, ILogger<ObjectRecorder> logger)
{
    /// <summary>Features by which what a request leaves behind can be named later.</summary>
    private const Features Reuse = Features.StoredInput | Features.StoredObjects | Features.Background | Features.FileSearch | Features.CodeExecution | Features.HostedTools
        | Features.Files | Features.Batches | Features.FineTuning | Features.VectorStores | Features.Agents | Features.Containers | Features.Videos | Features.Evals | Features.ContextCaching;

    /// <summary>Longest wait for the disk; an answer that has been paid for is not held back longer.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>Whether a token may name stored objects at all.</summary>
    public static bool CanReuse(ProxyRequest request) => (request.Token.Grant.Scope.Features & Reuse) != Features.None;

    /// <summary>Whether the answer to a request must be read for what it made.</summary>
    public static bool Records(ProxyRequest request)
    {
        var endpoint = request.Route.Endpoint!;
        return endpoint.Makes is not null && (endpoint.Needs != Features.None || (request.Token.Grant.Scope.Features & (endpoint.KeptFor == Features.None ? Reuse : endpoint.KeptFor)) != Features.None);
    }

    /// <summary>The reader of an answer; null where nothing of it is remembered.</summary>
    public AnswerObjects? ReaderOf(ProxyRequest request, bool isSuccess, bool isEventStream) =>
        isSuccess && Records(request) ? new AnswerObjects(request, new MadeObjectScanner(request.Route.Endpoint!.Makes!, isEventStream), this) : null;

    /// <summary>Remembers; an object that can't be is nobody's until it is written after all, where its owners can still do that.</summary>
    public async Task RememberAsync(ProxyRequest request, IReadOnlyList<OwnedObject> made)
    {
        using var patience = new CancellationTokenSource(Patience, time);
        try
        {
            await owners.RememberAsync(request.Token.Grant.Owner, made, patience.Token);
        }
        catch (Exception e) when (e is ObjectOwnersUnavailableException or OperationCanceledException)
        {
            Log.NotRemembered(logger, request.Id, made.Count, e);
        }
    }

    /// <summary>Forgets the object that a request has deleted.</summary>
    public async Task ForgetAsync(ProxyRequest request)
    {
        var used = request.Route.Endpoint!.Uses[^1];
        using var patience = new CancellationTokenSource(Patience, time);
        try
        {
            await owners.ForgetAsync(request.Token.Grant.Owner, new StoredObject(request.Route.Provider.Name, used.Kind.Name, used.IdIn(request.Route.Path)), patience.Token);
        }
        catch (Exception e) when (e is ObjectOwnersUnavailableException or OperationCanceledException)
        {
            // The provider has forgotten it, which is what counts.
            Log.NotForgotten(logger, request.Id, e);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(3211, LogLevel.Error, "Request {RequestId} made {Count} stored objects, and it could not be written in time whose they are: nobody can use them before it is")]
        public static partial void NotRemembered(ILogger logger, string requestId, int count, Exception exception);

        [LoggerMessage(3212, LogLevel.Warning, "Request {RequestId} deleted a stored object that could not be forgotten")]
        public static partial void NotForgotten(ILogger logger, string requestId, Exception exception);
    }
}
