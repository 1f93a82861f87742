using System.Text.RegularExpressions;
using CredentialProxy.Admin.Hosting;
using CredentialProxy.Gateway.Hosting;
using CredentialProxy.ServiceDefaults.Configuration;
using CredentialProxy.ServiceDefaults.Hosting;
using CredentialProxy.Tests.Architecture;
using k8s.Models;
using Microsoft.Extensions.Configuration;

namespace CredentialProxy.Tests.Kubernetes;

/// <summary>The manifests under <c>deploy/kubernetes</c> fit Kubernetes, each other, and the programs that they run.</summary>
public sealed partial class ManifestTests
{
    // What settling and giving back may take, with Redis slow.
    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(15);

    private static readonly string[] Ours = ["gateway", "admin"];

    // Variables of .NET's own, and those of programs that are not ours.
    private static readonly string[] Foreign = ["DOTNET_EnableDiagnostics"];

    public static TheoryData<string> Folders => ["base", "agents", "overlays/dev", "overlays/production"];

    public static TheoryData<string> Overlays => ["overlays/dev", "overlays/production"];

    [Theory]
    [MemberData(nameof(Folders))]
    public async Task Every_object_is_one_that_Kubernetes_knows_and_has_no_member_that_it_does_not(string folder)
    {
        var manifests = await Manifests.RenderAsync(folder);
        Assert.Equal("", await Manifests.ComplaintsAsync(manifests.Text));
        Assert.Equal(KindLine().Count(manifests.Text), manifests.Objects.Count);
        Assert.Empty(manifests.Of<V1Secret>());
    }

    [Fact]
    public async Task What_is_wrong_is_found()
    {
        var text = (await Manifests.RenderAsync("base")).Text;
        Assert.Contains("containerPort must be integer", await Manifests.ComplaintsAsync(text.Replace("containerPort: 8080", "containerPort: many", StringComparison.Ordinal)), StringComparison.Ordinal);
        Assert.Contains("Kubernetes knows no Deploymant of apps/v1", await Manifests.ComplaintsAsync(text.Replace("kind: Deployment\nmetadata", "kind: Deploymant\nmetadata", StringComparison.Ordinal)), StringComparison.Ordinal);
        Assert.ThrowsAny<Exception>(() => Manifests.Load(text.Replace("maxUnavailable: 0", "maxUnavailible: 0", StringComparison.Ordinal)));
    }

    [Theory]
    [MemberData(nameof(Overlays))]
    public async Task Selectors_find_pods_and_ports_have_numbers(string overlay)
    {
        var manifests = await Manifests.RenderAsync(overlay);
        Assert.All(manifests.Workloads.Where(workload => workload.Selector is not null), workload => Assert.True(workload.IsFoundBy(workload.Selector!), workload.Name));
        Assert.All(manifests.Of<V1PodDisruptionBudget>(), budget => Assert.Single(manifests.Workloads, workload => workload.IsFoundBy(budget.Spec.Selector)));
        Assert.All(manifests.Of<V2HorizontalPodAutoscaler>(), scaler => Assert.Contains(manifests.Of<V1Deployment>(), deployment => deployment.Metadata.Name == scaler.Spec.ScaleTargetRef.Name && deployment.Spec.Replicas is null));
        foreach (var service in manifests.Of<V1Service>())
        {
            var pods = Assert.Single(manifests.Workloads, workload => workload.IsFoundBy(new V1LabelSelector { MatchLabels = service.Spec.Selector }));
            Assert.All(service.Spec.Ports, port => Assert.Equal(port.Port, pods.PortOf(port.TargetPort)));
        }
        foreach (var policy in manifests.Of<V1NetworkPolicy>())
        {
            var selected = manifests.Workloads.Where(workload => workload.IsFoundBy(policy.Spec.PodSelector)).ToList();
            Assert.True(selected.Count > 0, policy.Metadata.Name);
            foreach (var port in (policy.Spec.Ingress ?? []).SelectMany(rule => rule.Ports ?? []))
            {
                Assert.All(selected, workload => Assert.NotNull(workload.PortOf(port.Port)));
            }
        }
        foreach (var workload in manifests.Workloads)
        {
            var probes = workload.Containers.SelectMany(container => new[] { container.StartupProbe, container.LivenessProbe, container.ReadinessProbe }).OfType<V1Probe>();
            Assert.All(probes.Select(probe => probe.HttpGet?.Port ?? probe.TcpSocket?.Port).OfType<IntOrString>(), port => Assert.NotNull(workload.PortOf(port)));
        }
    }

    [Theory]
    [MemberData(nameof(Overlays))]
    public async Task A_pod_is_given_longer_to_end_than_the_program_takes(string overlay)
    {
        var manifests = await Manifests.RenderAsync(overlay);
        foreach (var workload in Ours.Select(manifests.Pod))
        {
            var stopping = SettingsReader.Read<StoppingOptions>(ConfigurationOf(manifests, workload), StoppingOptions.Section);
            Assert.True(TimeSpan.FromSeconds(workload.Spec.TerminationGracePeriodSeconds!.Value) >= stopping.ReadinessDelay + stopping.DrainTimeout + Settling, workload.Name);
            var probe = workload.Spec.Containers[0].ReadinessProbe;
            Assert.True(stopping.ReadinessDelay > TimeSpan.FromSeconds((probe.PeriodSeconds * probe.FailureThreshold) ?? 30), $"{workload.Name}: it is not heard in time that it goes");
            Assert.Equal(("/alive", "/alive", "/ready"), (workload.Spec.Containers[0].StartupProbe.HttpGet.Path, workload.Spec.Containers[0].LivenessProbe.HttpGet.Path, probe.HttpGet.Path));
        }
    }

    [Theory]
    [MemberData(nameof(Overlays))]
    public async Task Every_setting_is_one_that_the_program_knows_and_takes(string overlay)
    {
        var manifests = await Manifests.RenderAsync(overlay);
        var reference = Repository.Read("docs/configuration.md");
        foreach (var workload in Ours.Append("migrate").Select(manifests.Pod))
        {
            foreach (var name in manifests.SettingsOf(workload).Keys.Except(Foreign).Select(name => name.Replace("__", ":", StringComparison.Ordinal)))
            {
                var documented = ProviderSetting().Replace(name.EndsWith("_FILE", StringComparison.Ordinal) ? name[..^"_FILE".Length] : name, "Providers:<name>:");
                Assert.True(reference.Contains($"| `{documented}` |", StringComparison.Ordinal), $"{workload.Name} has '{name}', which docs/configuration.md does not know.");
            }
        }
        var gateway = ConfigurationOf(manifests, manifests.Pod("gateway"));
        Assert.Equal(268_435_456, GatewaySettings.Read(gateway).Gateway.MaxHeldBytes);
        Assert.Equal((8080, System.Net.IPAddress.Any), (ListeningPlace.ReadPort(gateway, EnvironmentNames.GatewayPort, 0), ListeningPlace.ReadAddress(gateway)));
        // What it keeps there outlives the container.
        var journal = manifests.Pod("gateway").Spec.Containers[0].VolumeMounts.Single(mount => mount.MountPath == gateway[EnvironmentNames.DataDirectory]);
        Assert.NotNull(manifests.Pod("gateway").Spec.Volumes.Single(volume => volume.Name == journal.Name).EmptyDir);
        Assert.All(Ours.Select(manifests.Pod), workload => Assert.Equal(
            (workload.PortOf("metrics"), workload.Template.Metadata.Annotations["prometheus.io/port"]),
            (ListeningPlace.ReadPort(ConfigurationOf(manifests, workload), EnvironmentNames.MetricsPort, 0), "9090")));
        var admin = ConfigurationOf(manifests, manifests.Pod("admin"));
        Assert.Equal("cp", AdminSettings.Read(admin).Redis.Name);
        Assert.Equal((8081, System.Net.IPAddress.Any), (ListeningPlace.ReadPort(admin, EnvironmentNames.ControlPort, 0), ListeningPlace.ReadAddress(admin)));
    }

    [Theory]
    [MemberData(nameof(Overlays))]
    public async Task Every_secret_is_referred_to_and_documented(string overlay)
    {
        var manifests = await Manifests.RenderAsync(overlay);
        var document = Repository.Read("deploy/kubernetes/README.md");
        var references = manifests.Workloads.SelectMany(workload => workload.Containers).SelectMany(container => container.Env ?? []).Select(variable => variable.ValueFrom?.SecretKeyRef).OfType<V1SecretKeySelector>().ToList();
        Assert.NotEmpty(references);
        Assert.All(references, reference => Assert.Contains($"| `{reference.Name}` | `{reference.Key}` |", document, StringComparison.Ordinal));
        Assert.All(manifests.Workloads.SelectMany(workload => workload.Spec.Volumes ?? []).Select(volume => volume.Secret?.SecretName).OfType<string>(), name => Assert.Contains($"| `{name}` |", document, StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Overlays))]
    public async Task No_pod_has_more_rights_than_it_needs_and_each_says_what_it_takes(string overlay)
    {
        var manifests = await Manifests.RenderAsync(overlay);
        foreach (var workload in manifests.Workloads)
        {
            Assert.False(workload.Spec.AutomountServiceAccountToken ?? true);
            Assert.True(workload.Spec.SecurityContext.RunAsNonRoot);
            Assert.Equal("RuntimeDefault", workload.Spec.SecurityContext.SeccompProfile.Type);
            Assert.All(workload.Containers, container =>
            {
                Assert.True(container.SecurityContext.ReadOnlyRootFilesystem);
                Assert.False(container.SecurityContext.AllowPrivilegeEscalation ?? true);
                Assert.Equal(["ALL"], container.SecurityContext.Capabilities.Drop);
                Assert.Superset(new HashSet<string> { "cpu", "memory" }, container.Resources.Requests.Keys.ToHashSet());
                Assert.Contains("memory", container.Resources.Limits.Keys);
                Assert.Matches(":[0-9][0-9.]*$", container.Image);
            });
        }
        Assert.All(Ours.Append("migrate").Select(manifests.Pod), workload => Assert.Equal(1654, workload.Spec.SecurityContext.RunAsUser));
    }

    [Theory]
    [InlineData("overlays/dev", 2)]
    [InlineData("overlays/production", 3)]
    public async Task Gateways_are_several_and_spread(string overlay, int atLeast)
    {
        var manifests = await Manifests.RenderAsync(overlay);
        var scaler = Assert.Single(manifests.Of<V2HorizontalPodAutoscaler>());
        Assert.InRange(scaler.Spec.MinReplicas!.Value, atLeast, scaler.Spec.MaxReplicas);
        var gateway = manifests.Pod("gateway");
        Assert.All(gateway.Spec.TopologySpreadConstraints, constraint => Assert.True(gateway.IsFoundBy(constraint.LabelSelector)));
        Assert.Equal("0", manifests.Of<V1Deployment>().Single(deployment => deployment.Metadata.Name == "gateway").Spec.Strategy.RollingUpdate.MaxUnavailable.Value);
    }

    private static IConfigurationRoot ConfigurationOf(Manifests manifests, Workload workload) => new ConfigurationBuilder()
        .AddInMemoryCollection(manifests.SettingsOf(workload).Select(setting => KeyValuePair.Create(setting.Key.Replace("__", ":", StringComparison.Ordinal), setting.Value))).Build();

    [GeneratedRegex("^kind: ", RegexOptions.Multiline)]
    private static partial Regex KindLine();

    [GeneratedRegex("^Providers:[a-z]+:")]
    private static partial Regex ProviderSetting();
}
