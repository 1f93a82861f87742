using System.Collections.Frozen;
using System.Text.Json;

namespace CredentialProxy.Core.Pricing;

/// <summary>The names of hosted tools, as price files have them.</summary>
internal static class HostedToolNames
{
    private static readonly FrozenDictionary<string, HostedTool> ByName = Enum.GetValues<HostedTool>().Where(tool => tool != HostedTool.None)
        .ToFrozenDictionary(tool => JsonSerializer.SerializeToElement(tool, PriceFileContext.Default.HostedTool).GetString()!, StringComparer.Ordinal);

    /// <summary>All of them.</summary>
    public static IReadOnlyList<string> All { get; } = [.. ByName.Keys.Order(StringComparer.Ordinal)];

    /// <summary>The tool of a name.</summary>
    public static bool TryParse(string? name, out HostedTool tool)
    {
        tool = HostedTool.None;
        return name is not null && ByName.TryGetValue(name, out tool);
    }
}
