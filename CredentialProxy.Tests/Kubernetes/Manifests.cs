using System.Diagnostics;
using CredentialProxy.Tests.Architecture;
using k8s;
using k8s.Models;

namespace CredentialProxy.Tests.Kubernetes;

/// <summary>What <c>kubectl kustomize</c> makes of a folder under <c>deploy/kubernetes</c>.</summary>
internal sealed class Manifests
{
    private static readonly string Folder = Path.Combine(Repository.Root, "deploy", "kubernetes");
    private static readonly string Schema = Path.Combine(Repository.Root, "CredentialProxy.Tests", "Kubernetes", "schema");

    private Manifests(string text, IReadOnlyList<object> objects) => (Text, Objects) = (text, objects);

    /// <summary>As it is applied.</summary>
    public string Text { get; }

    public IReadOnlyList<object> Objects { get; }

    /// <summary>Every pod that comes of them.</summary>
    public IReadOnlyList<Workload> Workloads =>
    [
        .. Of<V1Deployment>().Select(owner => new Workload(owner.Metadata, owner.Spec.Selector, owner.Spec.Template)),
        .. Of<V1StatefulSet>().Select(owner => new Workload(owner.Metadata, owner.Spec.Selector, owner.Spec.Template)),
        .. Of<V1Job>().Select(owner => new Workload(owner.Metadata, null, owner.Spec.Template)),
    ];

    public static async Task<Manifests> RenderAsync(string folder)
    {
        var (code, text) = await RunAsync("kubectl", ["kustomize", Path.Combine(Folder, folder)], "");
        Assert.True(code == 0, text);
        return new Manifests(text, Load(text));
    }

    /// <summary>Reads objects into the types that Kubernetes' own client has for them, and refuses members that they don't have.</summary>
    public static IReadOnlyList<object> Load(string text) => KubernetesYaml.LoadAllFromString(text, typeMap: null, strict: true);

    /// <summary>Holds objects against the validators that are compiled from Kubernetes' OpenAPI description; what is wrong with them.</summary>
    public static async Task<string> ComplaintsAsync(string text)
    {
        var (code, output) = await RunAsync("node", [Path.Combine(Schema, "validate.mjs")], text);
        Assert.Equal(output.Trim().Length == 0, code == 0);
        return output.Trim();
    }

    public IEnumerable<T> Of<T>() => Objects.OfType<T>();

    public Workload Pod(string name) => Workloads.Single(workload => workload.Name == name);

    /// <summary>The settings of a pod: variables of its containers, and what they take from a config map.</summary>
    public Dictionary<string, string?> SettingsOf(Workload workload) => workload.Containers
        .SelectMany(container => (container.EnvFrom ?? []).SelectMany(source => MapOf(source.ConfigMapRef.Name)).Select(entry => (Name: entry.Key, Value: (string?)entry.Value))
            .Concat((container.Env ?? []).Select(variable => (variable.Name, Value: (string?)variable.Value))))
        .DistinctBy(setting => setting.Name).ToDictionary(setting => setting.Name, setting => setting.Value);

    private IDictionary<string, string> MapOf(string name) => Of<V1ConfigMap>().Single(map => map.Metadata.Name == name).Data;

    private static async Task<(int Code, string Output)> RunAsync(string program, string[] arguments, string input)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEndAsync();
        await process.StandardInput.WriteAsync(input);
        process.StandardInput.Close();
        await process.WaitForExitAsync();
        return (process.ExitCode, await output + await errors);
    }
}
