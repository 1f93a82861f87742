using CredentialProxy.Fuzzing.Targets;

namespace CredentialProxy.Fuzzing;

/// <summary>Every target.</summary>
internal static class FuzzTargets
{
    /// <summary>In the order in which a run takes them.</summary>
    public static IReadOnlyList<FuzzTarget> All { get; } =
    [
        new RoutingTarget(),
        new RedirectTarget(),
        new SlotTarget(),
        new InspectionTarget(),
        new ReferenceTarget(),
        new FormTarget(),
        new UsageTarget(),
        new UsageChunkTarget(),
        new MadeObjectTarget(),
        new RedactorTarget(),
        new SessionTokenTarget(),
        new SessionClaimsTarget(),
    ];

    /// <summary>The target of this name; null for none.</summary>
    public static FuzzTarget? Find(string name) => All.FirstOrDefault(target => target.Name == name);
}
