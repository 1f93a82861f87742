using System.Net;
using k8s.Models;

namespace CredentialProxy.Tests.Kubernetes;

/// <summary>
/// Reckons with network policies as Kubernetes does: who is selected by a policy of a direction may in that direction do what some policy allows, everybody else may do anything
/// (https://kubernetes.io/docs/concepts/services-networking/network-policies/).
/// </summary>
internal sealed class NetworkRules(IEnumerable<V1NetworkPolicy> policies)
{
    private const string NamespaceName = "kubernetes.io/metadata.name";

    private readonly List<V1NetworkPolicy> _policies = [.. policies];

    /// <summary>Whether one pod reaches another's port.</summary>
    public bool Allows(Place from, Place to, int port) =>
        Allows(from, "Egress", policy => (policy.Spec.Egress ?? []).Any(rule => FitsPort(rule.Ports, to, port) && (rule.To is null or [] || rule.To.Any(peer => Fits(peer, from, to)))))
        && Allows(to, "Ingress", policy => (policy.Spec.Ingress ?? []).Any(rule => FitsPort(rule.Ports, to, port) && (rule.FromProperty is null or [] || rule.FromProperty.Any(peer => Fits(peer, to, from)))));

    /// <summary>Whether a pod reaches an address that is no pod's.</summary>
    public bool Allows(Place from, IPAddress address, int port) =>
        Allows(from, "Egress", policy => (policy.Spec.Egress ?? []).Any(rule => FitsPort(rule.Ports, null, port) && (rule.To is null or [] || rule.To.Any(peer => peer.IpBlock is { } block && Holds(block, address)))));

    private bool Allows(Place place, string direction, Func<V1NetworkPolicy, bool> allows)
    {
        var selecting = _policies.Where(policy => policy.Metadata.NamespaceProperty == place.Namespace && policy.Spec.PolicyTypes.Contains(direction) && Workload.IsFoundBy(policy.Spec.PodSelector, place.Labels)).ToList();
        return selecting.Count == 0 || selecting.Any(allows);
    }

    private static bool FitsPort(IList<V1NetworkPolicyPort>? ports, Place? to, int port) => ports is null or [] || ports.Any(allowed => (allowed.Protocol ?? "TCP") == "TCP"
        && (int.TryParse(allowed.Port.Value, out var number) ? number == port : to?.Ports.GetValueOrDefault(allowed.Port.Value) == port));

    // A selector of pods alone means those of the policy's own namespace, which is that of whom it selects.
    private static bool Fits(V1NetworkPolicyPeer peer, Place own, Place other) => peer.IpBlock is null
        && (peer.NamespaceSelector is null ? other.Namespace == own.Namespace : Workload.IsFoundBy(peer.NamespaceSelector, other.NamespaceLabels))
        && (peer.PodSelector is null || Workload.IsFoundBy(peer.PodSelector, other.Labels));

    private static bool Holds(V1IPBlock block, IPAddress address) =>
        IPNetwork.Parse(block.Cidr).Contains(address) && !(block.Except ?? []).Any(except => IPNetwork.Parse(except).Contains(address));

    /// <summary>Where a pod is, and what is known of it.</summary>
    public sealed record Place(string Namespace, IDictionary<string, string> Labels, IReadOnlyDictionary<string, int> Ports, params (string Name, string Value)[] FurtherNamespaceLabels)
    {
        public IDictionary<string, string> NamespaceLabels => FurtherNamespaceLabels.Append((NamespaceName, Namespace)).ToDictionary(label => label.Item1, label => label.Item2);

        public static Place Of(Workload workload) => new(
            workload.Owner.NamespaceProperty, workload.Labels, workload.Spec.Containers.SelectMany(container => container.Ports ?? []).ToDictionary(port => port.Name, port => port.ContainerPort));
    }
}
