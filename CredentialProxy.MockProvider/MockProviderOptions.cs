namespace CredentialProxy.MockProvider;

/// <summary>Settings of the mock provider.</summary>
public sealed class MockProviderOptions
{
    /// <summary>Where to listen: an IP address; loopback by default.</summary>
    public string Host { get; set; } = "127.0.0.1";

    /// <summary>The port; 0 for any free one.</summary>
    public int Port { get; set; } = 8082;

    /// <summary>The keys that are taken; empty for any.</summary>
    public IReadOnlyCollection<string> AcceptedKeys { get; set; } = [];

    /// <summary>Names of headers and query parameters in which a key is taken too, for a stand-in of a provider of another make.</summary>
    public IReadOnlyCollection<string> FurtherSlots { get; set; } = [];

    /// <summary>Whether Ctrl-C and SIGTERM stop it; not where it is part of another process, whose they are.</summary>
    public bool StopsOnSignals { get; set; }
}
