namespace CredentialProxy.AppHost;

/// <summary>The cluster that <c>aspire publish</c> writes a chart for.</summary>
internal static class Cluster
{
    /// <summary>Names the publisher, where one is asked for.</summary>
    private const string Publisher = "Publishing:Publisher";

    /// <summary>Adds it. A manifest is for tools that know their cluster themselves, and would stumble over it.</summary>
    public static void AddCluster(this IDistributedApplicationBuilder builder, string name)
    {
        if (builder.Configuration[Publisher] != "manifest")
        {
            builder.AddKubernetesEnvironment(name)
                // Accounts and usage must survive a pod.
                .WithProperties(cluster => cluster.DefaultStorageType = "pvc")
                // Telemetry goes where the cluster's own goes, and to no page that everybody in it may read.
                .WithDashboard(enabled: false);
        }
    }
}
