using System.Text.Json.Serialization;

namespace CredentialProxy.Core.Pricing;

/// <summary>Tools that a provider runs on its own side, as it charges for them.</summary>
public enum HostedTool : byte
{
    /// <summary>None: the client runs the tool.</summary>
    [JsonStringEnumMemberName("none")]
    None,

    /// <summary>A search of the web, by the search.</summary>
    [JsonStringEnumMemberName("web_search")]
    WebSearch,

    /// <summary>Fetching an address.</summary>
    [JsonStringEnumMemberName("web_fetch")]
    WebFetch,

    /// <summary>A search of stored files, by the call.</summary>
    [JsonStringEnumMemberName("file_search")]
    FileSearch,

    /// <summary>A container that runs code, by its size and time.</summary>
    [JsonStringEnumMemberName("container")]
    Container,

    /// <summary>An image, by the image.</summary>
    [JsonStringEnumMemberName("image_generation")]
    ImageGeneration,

    /// <summary>A look at a map, by the request.</summary>
    [JsonStringEnumMemberName("maps")]
    Maps,

    /// <summary>A call of an MCP server or connector.</summary>
    [JsonStringEnumMemberName("remote_mcp")]
    RemoteMcp,

    /// <summary>A computer that the client works as the model says: charged by tokens alone.</summary>
    [JsonStringEnumMemberName("computer")]
    Computer,

    /// <summary>Another model that is asked on the side.</summary>
    [JsonStringEnumMemberName("advisor")]
    Advisor,

    /// <summary>A tool that has no name here.</summary>
    [JsonStringEnumMemberName("other")]
    Other,
}
