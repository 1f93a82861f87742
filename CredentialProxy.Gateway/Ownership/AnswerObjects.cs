using CredentialProxy.Core.Objects;

namespace CredentialProxy.Gateway.Ownership;

/// <summary>Reads out of one answer what it made.</summary>
internal sealed class AnswerObjects(ProxyRequest request, MadeObjectScanner scanner, ObjectRecorder recorder)
{
    /// <summary>
    /// Reads bytes that are not yet on their way to the client. Completes when it is on the disk whose the objects are that they name: a client can't know an id before that.
    /// </summary>
    public ValueTask OnBytes(ReadOnlySpan<byte> bytes)
    {
        var found = scanner.Read(bytes);
        return found.Count == 0
            ? default
            : new ValueTask(recorder.RememberAsync(request, [.. found.Select(made => new OwnedObject(new StoredObject(request.Route.Provider.Name, made.Kind.Name, made.Id), made.Kind.KeptDays))]));
    }
}
