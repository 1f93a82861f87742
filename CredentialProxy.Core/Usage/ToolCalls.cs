namespace CredentialProxy.Core.Usage;

/// <summary>How often an answer has used tools that the provider charges for by the call.</summary>
public readonly record struct ToolCalls
{
    /// <summary>Searches of the web.</summary>
    public int WebSearches { get; init; }

    /// <summary>Addresses fetched.</summary>
    public int WebFetches { get; init; }

    /// <summary>Searches of stored files.</summary>
    public int FileSearches { get; init; }

    /// <summary>Containers that ran code, in gigabytes of their size.</summary>
    public int ContainerGigabytes { get; init; }

    /// <summary>Images made.</summary>
    public int Images { get; init; }

    /// <summary>Looks at a map.</summary>
    public int MapLookups { get; init; }

    /// <summary>Whether there are none.</summary>
    public bool IsEmpty => this == default;

    /// <summary>Of each kind the larger number of the two.</summary>
    public ToolCalls AtLeast(in ToolCalls other) => new()
    {
        WebSearches = Math.Max(WebSearches, other.WebSearches),
        WebFetches = Math.Max(WebFetches, other.WebFetches),
        FileSearches = Math.Max(FileSearches, other.FileSearches),
        ContainerGigabytes = Math.Max(ContainerGigabytes, other.ContainerGigabytes),
        Images = Math.Max(Images, other.Images),
        MapLookups = Math.Max(MapLookups, other.MapLookups),
    };
}
