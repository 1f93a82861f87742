using CredentialProxy.Core.Vault;
using CredentialProxy.ServiceDefaults.Configuration;

namespace CredentialProxy.Standalone;

/// <summary>What a started process tells its user.</summary>
internal static class Greeting
{
    public static string Of(StandaloneHost host, string dataDirectory)
    {
        var text = new StringWriter();
        text.WriteLine($"CredentialProxy is ready.");
        text.WriteLine($"  gateway        {Address(host.GatewayAddress)}");
        text.WriteLine($"  control plane  {Address(host.ControlAddress)}   (API: /openapi/v1.json)");
        if (host.MetricsAddress is { } metrics)
        {
            text.WriteLine($"  metrics        {metrics}");
        }
        if (host.Demo is { } demo)
        {
            WriteDemo(text, demo, dataDirectory);
        }
        else
        {
            WriteProviders(text, host);
        }
        if (host.IsAdminKeyNew && host.Demo is null)
        {
            text.WriteLine();
            text.WriteLine($"  admin key      {host.AdminKey}");
            text.WriteLine($"                 shown this once; keep it, or set {EnvironmentNames.AdminKey}");
        }
        return text.ToString();
    }

    private static void WriteProviders(StringWriter text, StandaloneHost host)
    {
        text.WriteLine($"  providers      {(host.ReadyProviders.Count == 0 ? "none has a key yet" : string.Join(", ", host.ReadyProviders))}");
        foreach (var provider in host.MissingProviders)
        {
            var variables = EnvironmentCredentials.VariablesOf(provider);
            var variable = variables.Count > 0 ? string.Join(" or ", variables) : $"Providers__{provider}__ApiKey";
            text.WriteLine($"                 {provider} is missing a key: set {variable}, or add one with POST /api/credentials");
        }
    }

    private static void WriteDemo(StringWriter text, DemoFile demo, string dataDirectory)
    {
        text.WriteLine($"  mock provider  {demo.Mock}   (answers in place of the real ones)");
        text.WriteLine($"  for scripts    {Path.Combine(Path.GetFullPath(dataDirectory), "demo.json")}");
        text.WriteLine();
        text.WriteLine("A chat completion with curl:");
        text.WriteLine($"""  curl {demo.Gateway}/openai/v1/chat/completions -H "Authorization: Bearer {demo.ProxyToken}" -H "Content-Type: application/json" -d '{"{"}"model":"gpt-4o-mini","messages":[{"{"}"role":"user","content":"Hello"{"}"}]{"}"}'""");
        text.WriteLine();
        text.WriteLine("Any OpenAI SDK:");
        text.WriteLine($"  export OPENAI_BASE_URL={demo.Gateway}/openai/v1 OPENAI_API_KEY={demo.ProxyToken}");
        text.WriteLine();
        text.WriteLine("Claude Code:");
        text.WriteLine($"  export ANTHROPIC_BASE_URL={demo.Gateway}/anthropic ANTHROPIC_AUTH_TOKEN={demo.ProxyToken}");
        text.WriteLine();
        text.WriteLine("Who spent what:");
        text.WriteLine($"""  curl "{demo.Control}/api/usage?groupBy=token" -H "Authorization: Bearer {demo.AdminKey}" """);
    }

    private static string Address(Uri address) => address.ToString().TrimEnd('/');
}
