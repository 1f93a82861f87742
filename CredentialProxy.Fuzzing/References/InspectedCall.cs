using System.Buffers;
using CredentialProxy.Core.Inspection;
using CredentialProxy.Core.Providers;

namespace CredentialProxy.Fuzzing.References;

/// <summary>A call whose body is inspected.</summary>
/// <param name="Dialect">How the body is read.</param>
/// <param name="ModelInPath">The model that the path names; null for none.</param>
/// <param name="IsStreamPath">Whether the path asks for a stream.</param>
internal sealed record InspectedCall(Dialect Dialect, string? ModelInPath, bool IsStreamPath)
{
    /// <summary>Inspects a body.</summary>
    public InspectionError? Inspect(ReadOnlySequence<byte> body, out RequestFacts facts) => RequestInspector.Inspect(Dialect, body, ModelInPath, IsStreamPath, out facts);
}
