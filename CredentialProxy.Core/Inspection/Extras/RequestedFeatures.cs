using CredentialProxy.Core.Grants;
using CredentialProxy.Core.Pricing;

namespace CredentialProxy.Core.Inspection.Extras;

/// <summary>What a body asks for beyond plain generation. Made only where there is something, so that a plain request carries nothing of it.</summary>
public sealed class RequestedFeatures
{
    /// <summary>Most tools of the provider's in one request, and most other models: far more than any client names.</summary>
    internal const int MaxCount = 32;

    private readonly List<(Features Feature, string Field)> _fields = [];
    private readonly List<RequestedTool> _tools = [];
    private readonly List<string> _models = [];

    /// <summary>All of them.</summary>
    public Features All { get; private set; }

    /// <summary>The tools of the provider's.</summary>
    public IReadOnlyList<RequestedTool> Tools => _tools;

    /// <summary>The models that may answer in the named one's place, or beside it, as far as the body names them.</summary>
    public IReadOnlyList<string> Models => _models;

    /// <summary>Most calls of tools over all tools by the request's own word; null where it does not say.</summary>
    public int? MaxToolCalls { get; internal set; }

    /// <summary>Whether the request says itself when tools shall no longer be called, which <see cref="MaxToolCalls"/> does not hold against.</summary>
    public bool StopsToolsItself { get; internal set; }

    /// <summary>Where the body says how many calls of tools there may be, or could say it.</summary>
    internal MemberPlace ToolCallsPlace { get; set; }

    /// <summary>The field that asks for the first of these features.</summary>
    public string FieldOf(Features features)
    {
        foreach (var (feature, field) in _fields)
        {
            if ((feature & features) != 0)
            {
                return field;
            }
        }
        throw new ArgumentOutOfRangeException(nameof(features), features, "The body does not ask for them.");
    }

    /// <summary>Whether this very field asks for them, and was the first to.</summary>
    public bool FieldAsks(Features features, string field) => Has(features) && FieldOf(features) == field;

    /// <summary>Whether any of these is asked for.</summary>
    public bool Has(Features features) => (All & features) != 0;

    /// <summary>Whether there is such a tool.</summary>
    public bool HasTool(HostedTool kind)
    {
        foreach (var tool in _tools)
        {
            if (tool.Kind == kind)
            {
                return true;
            }
        }
        return false;
    }

    internal void Add(Features features, string field)
    {
        if ((features & ~All) != 0)
        {
            _fields.Add((features & ~All, field));
            All |= features;
        }
    }

    /// <summary>Adds a tool; false when there are too many.</summary>
    internal bool TryAdd(in RequestedTool tool)
    {
        _tools.Add(tool);
        return _tools.Count <= MaxCount;
    }

    /// <summary>Adds a model; false when there are too many.</summary>
    internal bool TryAdd(string model)
    {
        _models.Add(model);
        return _models.Count <= MaxCount;
    }
}
