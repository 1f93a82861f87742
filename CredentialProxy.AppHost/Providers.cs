namespace CredentialProxy.AppHost;

/// <summary>The providers: who answers for each, and with which key.</summary>
internal sealed class Providers
{
    /// <summary>What the mock provider takes for a key, as it takes anything.</summary>
    private const string MockKey = "sk-mock-provider";

    // Its name, the variable that holds its key, and where the mock provider has its API.
    private static readonly (string Name, string Variable, string MockPath)[] Known =
        [("openai", "OPENAI_API_KEY", ""), ("anthropic", "ANTHROPIC_API_KEY", ""), ("openrouter", "OPENROUTER_API_KEY", "/api"), ("gemini", "GEMINI_API_KEY", "")];

    private readonly EndpointReference _mock;
    private readonly Dictionary<string, IResourceBuilder<ParameterResource>> _keys;

    internal Providers(IDistributedApplicationBuilder builder, EndpointReference mock)
    {
        _mock = mock;
        _keys = Known.Select(provider => $"{provider.Name}-api-key").Where(name => builder.ExecutionContext.IsPublishMode || !string.IsNullOrEmpty(builder.Configuration[$"Parameters:{name}"]))
            .ToDictionary(name => name, name => builder.AddParameter(name, secret: true));
    }

    /// <summary>Whether the mock provider answers for a provider, so that a request costs nothing.</summary>
    public bool IsMocked(string name) => !_keys.ContainsKey($"{name}-api-key");

    /// <summary>Gives a service the keys.</summary>
    public void Keys(EnvironmentCallbackContext context)
    {
        foreach (var (name, variable, _) in Known)
        {
            context.EnvironmentVariables[variable] = IsMocked(name) ? MockKey : _keys[$"{name}-api-key"].Resource;
        }
    }

    /// <summary>Tells a service where the mock provider answers for one.</summary>
    public void Addresses(EnvironmentCallbackContext context)
    {
        foreach (var (name, _, path) in Known.Where(provider => IsMocked(provider.Name)))
        {
            context.EnvironmentVariables[$"Providers__{name}__BaseUrl"] = ReferenceExpression.Create($"{_mock.Property(EndpointProperty.Url)}{path}");
        }
    }
}

/// <summary>Adds them.</summary>
internal static class ProvidersExtensions
{
    /// <summary>Adds a secret parameter for each provider's key: asked for where it is deployed, and used where it is given here (<c>Parameters__openai-api-key</c>, or a user secret).</summary>
    public static Providers AddProviders(this IDistributedApplicationBuilder builder, IResourceBuilder<IResourceWithEndpoints> mock) => new(builder, mock.GetEndpoint("http"));
}
