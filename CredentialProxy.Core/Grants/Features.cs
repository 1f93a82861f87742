namespace CredentialProxy.Core.Grants;

/// <summary>
/// What a token may do beyond plain generation, each of which an operator grants by name. They are what a provider charges for in a way that no answer tells, what reaches
/// other addresses, what is spent later, what other tenants have stored, and what touches the account itself. In the API each has its name in snake case; see <see cref="FeatureNames"/>.
/// </summary>
[Flags]
#pragma warning disable CA1028 // There may be more than 32.
public enum Features : ulong
#pragma warning restore CA1028
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>The provider searches the web, charged by the search.</summary>
    WebSearch = 1UL << 0,

    /// <summary>The provider fetches addresses that the request or the model names.</summary>
    WebFetch = 1UL << 1,

    /// <summary>The provider searches stored files, charged by the call and for their storage.</summary>
    FileSearch = 1UL << 2,

    /// <summary>The provider runs code, charged by the time of its container.</summary>
    CodeExecution = 1UL << 3,

    /// <summary>The model works a computer by a tool of the provider's.</summary>
    ComputerUse = 1UL << 4,

    /// <summary>The model has images made, charged by the image.</summary>
    ImageGeneration = 1UL << 5,

    /// <summary>The provider looks places up on a map, charged by the call.</summary>
    Maps = 1UL << 6,

    /// <summary>The provider calls MCP servers or connectors that the request names, with data.</summary>
    RemoteMcp = 1UL << 7,

    /// <summary>Tools of the provider's that have no name here.</summary>
    HostedTools = 1UL << 8,

    /// <summary>Input that is not in the request: earlier answers, conversations, stored prompts, files, caches.</summary>
    StoredInput = 1UL << 9,

    /// <summary>Answers made in the background, to be fetched later.</summary>
    Background = 1UL << 10,

    /// <summary>The model is chosen elsewhere: by a router, a list of fallbacks, a preset.</summary>
    ModelChoice = 1UL << 11,

    /// <summary>Tiers and modes of service at prices of their own.</summary>
    ServiceTiers = 1UL << 12,

    /// <summary>Plugins that a router puts around the model.</summary>
    Plugins = 1UL << 13,

    /// <summary>Uploading, reading and deleting files.</summary>
    Files = 1UL << 20,

    /// <summary>Reading and deleting stored answers and conversations.</summary>
    StoredObjects = 1UL << 21,

    /// <summary>Batches of requests, worked off later.</summary>
    Batches = 1UL << 22,

    /// <summary>Training of models.</summary>
    FineTuning = 1UL << 23,

    /// <summary>Stores of vectors and of files to search, charged by the day.</summary>
    VectorStores = 1UL << 24,

    /// <summary>Assistants, agents and their sessions, threads and runs.</summary>
    Agents = 1UL << 25,

    /// <summary>Containers for code.</summary>
    Containers = 1UL << 26,

    /// <summary>Videos, charged by the second.</summary>
    Videos = 1UL << 27,

    /// <summary>Evaluations, which run models later.</summary>
    Evals = 1UL << 28,

    /// <summary>Caches of input, charged by the hour.</summary>
    ContextCaching = 1UL << 29,

    /// <summary>Webhooks and triggers.</summary>
    Webhooks = 1UL << 30,

    /// <summary>Reading what the account holds and has used.</summary>
    AccountRead = 1UL << 31,

    /// <summary>Managing the account, its users, projects and settings.</summary>
    AccountManagement = 1UL << 32,

    /// <summary>Minting credentials of the provider's own: whoever holds one is out of our sight.</summary>
    CredentialMinting = 1UL << 33,
}
