using System.Net;
using k8s.Models;

namespace CredentialProxy.Tests.Kubernetes;

/// <summary>Who reaches whom in the cluster, by the policies that are applied.</summary>
public sealed class NetworkPolicyTests
{
    private static readonly Dictionary<string, string> NoLabels = [];
    private static readonly Dictionary<string, int> NoPorts = [];

    [Theory]
    [InlineData("overlays/dev")]
    [InlineData("overlays/production")]
    public async Task Agents_reach_the_gateway_alone_and_nobody_else_reaches_anything_of_ours(string overlay)
    {
        var (manifests, rules) = await RenderAsync(overlay);
        var agent = new NetworkRules.Place("agents", NoLabels, NoPorts, ("credential-proxy.dev/agents", "true"));
        var stranger = new NetworkRules.Place("elsewhere", NoLabels, NoPorts);
        foreach (var workload in manifests.Workloads)
        {
            var place = NetworkRules.Place.Of(workload);
            foreach (var port in place.Ports.Values.Append(5432).Append(6379).Append(9090))
            {
                Assert.Equal(workload.Name == "gateway" && port == 8080, rules.Allows(agent, place, port));
                Assert.False(rules.Allows(stranger, place, port), $"a stranger reaches {workload.Name}:{port}");
            }
        }
        // Not even a provider: what an agent knows, it can tell nobody.
        Assert.All(new[] { "203.0.113.7", "10.0.0.1", "169.254.169.254" }, address => Assert.False(rules.Allows(agent, IPAddress.Parse(address), 443)));
    }

    [Theory]
    [InlineData("overlays/dev")]
    [InlineData("overlays/production")]
    public async Task The_gateway_alone_reaches_providers_and_nothing_of_this_network_in_their_place(string overlay)
    {
        var (manifests, rules) = await RenderAsync(overlay);
        foreach (var workload in manifests.Workloads)
        {
            var place = NetworkRules.Place.Of(workload);
            Assert.Equal(workload.Name == "gateway", rules.Allows(place, IPAddress.Parse("203.0.113.7"), 443));
            Assert.Equal(workload.Name == "gateway", rules.Allows(place, IPAddress.Parse("2001:db8::7"), 443));
            Assert.False(rules.Allows(place, IPAddress.Parse("203.0.113.7"), 80));
            Assert.All(new[] { "10.1.2.3", "172.20.0.1", "192.168.1.1", "169.254.169.254", "127.0.0.1", "fd00::1", "fe80::1" }, address => Assert.False(rules.Allows(place, IPAddress.Parse(address), 443), $"{workload.Name} reaches {address}"));
        }
    }

    [Fact]
    public async Task Each_reaches_what_it_stands_on_in_the_cluster_and_operators_the_control_plane()
    {
        var (manifests, rules) = await RenderAsync("overlays/dev");
        var places = manifests.Workloads.ToDictionary(workload => workload.Name, NetworkRules.Place.Of);
        (string From, string To, int Port)[] needed =
            [("gateway", "redis", 6379), ("gateway", "mock-provider", 8082), ("admin", "redis", 6379), ("admin", "postgres", 5432), ("migrate", "postgres", 5432)];
        foreach (var (from, to) in places.Keys.SelectMany(from => places.Keys.Select(to => (from, to))))
        {
            foreach (var port in places[to].Ports.Values)
            {
                Assert.True(needed.Contains((from, to, port)) == rules.Allows(places[from], places[to], port), $"{from} to {to}:{port}");
            }
        }
        var operators = new NetworkRules.Place("ingress", NoLabels, NoPorts, ("credential-proxy.dev/operators", "true"));
        Assert.True(rules.Allows(operators, places["admin"], 8081));
        Assert.False(rules.Allows(operators, places["gateway"], 8080));
        var monitoring = new NetworkRules.Place("monitoring", NoLabels, NoPorts, ("credential-proxy.dev/monitoring", "true"));
        Assert.All(places.Values, place => Assert.Equal(place.Ports.ContainsKey("metrics"), rules.Allows(monitoring, place, 9090)));
        Assert.False(rules.Allows(monitoring, places["gateway"], 8080) || rules.Allows(monitoring, places["admin"], 8081) || rules.Allows(operators, places["admin"], 9090));
        foreach (var place in places.Values)
        {
            Assert.All(new[] { 4317, 4318 }, port => Assert.Equal(place.Ports.ContainsKey("metrics"), rules.Allows(place, monitoring, port)));
            Assert.False(rules.Allows(place, monitoring, 443) || rules.Allows(place, operators, 4317));
        }
        var names = new NetworkRules.Place("kube-system", new Dictionary<string, string> { ["k8s-app"] = "kube-dns" }, NoPorts);
        Assert.All(places.Values, place => Assert.True(rules.Allows(place, names, 53)));
    }

    [Fact]
    public async Task In_production_each_reaches_the_networks_of_Redis_and_Postgres_that_it_needs()
    {
        var (manifests, rules) = await RenderAsync("overlays/production");
        bool Reaches(string name, string address, int port) => rules.Allows(NetworkRules.Place.Of(manifests.Pod(name)), IPAddress.Parse(address), port);
        Assert.True(Reaches("gateway", "10.20.0.5", 6379) && Reaches("admin", "10.20.0.5", 6379));
        Assert.True(Reaches("admin", "10.30.0.5", 5432) && Reaches("migrate", "10.30.0.5", 5432));
        Assert.False(Reaches("gateway", "10.30.0.5", 5432) || Reaches("gateway", "10.20.0.5", 443) || Reaches("migrate", "10.20.0.5", 6379) || Reaches("admin", "10.20.0.5", 5432));
    }

    private static async Task<(Manifests Manifests, NetworkRules Rules)> RenderAsync(string overlay)
    {
        var manifests = await Manifests.RenderAsync(overlay);
        var agents = await Manifests.RenderAsync("agents");
        return (manifests, new NetworkRules(manifests.Of<V1NetworkPolicy>().Concat(agents.Of<V1NetworkPolicy>())));
    }
}
