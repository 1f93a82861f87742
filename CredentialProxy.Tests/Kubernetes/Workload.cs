using k8s.Models;

namespace CredentialProxy.Tests.Kubernetes;

/// <summary>Pods of one kind.</summary>
/// <param name="Owner">Of what owns them.</param>
/// <param name="Selector">By what that finds them; null for a job, which sees to it itself.</param>
/// <param name="Template">What they are.</param>
internal sealed record Workload(V1ObjectMeta Owner, V1LabelSelector? Selector, V1PodTemplateSpec Template)
{
    public string Name => Owner.Name;

    public V1PodSpec Spec => Template.Spec;

    public IEnumerable<V1Container> Containers => (Spec.InitContainers ?? []).Concat(Spec.Containers);

    public IDictionary<string, string> Labels => Template.Metadata.Labels;

    /// <summary>The number of a port that is given by name or number; null for a name that no container has.</summary>
    public int? PortOf(IntOrString port) => int.TryParse(port.Value, out var number)
        ? number
        : Spec.Containers.SelectMany(container => container.Ports ?? []).FirstOrDefault(known => known.Name == port.Value)?.ContainerPort;

    /// <summary>Whether a selector finds these pods. An empty one finds all.</summary>
    public bool IsFoundBy(V1LabelSelector selector) => IsFoundBy(selector, Labels);

    /// <summary>Whether a selector finds what has these labels.</summary>
    public static bool IsFoundBy(V1LabelSelector selector, IDictionary<string, string> labels) =>
        (selector.MatchLabels ?? new Dictionary<string, string>()).All(label => labels.TryGetValue(label.Key, out var value) && value == label.Value)
        && (selector.MatchExpressions ?? []).All(rule => rule.OperatorProperty == "In" && labels.TryGetValue(rule.Key, out var value) && rule.Values.Contains(value));
}
