namespace CredentialProxy.Core.Inspection.Input;

/// <summary>
/// Knows at each point of a body whether the provider looks for media there, or takes what stands there as it is (arguments and answers of tool calls, tool definitions, metadata).
/// </summary>
internal struct BodyShape
{
    private const int MaxTrackedDepth = 63;

    // Bit d: the container whose members are at depth d is an array.
    private ulong _arrays;
    private int _freeFormFrom;

    /// <summary>Whether members at this depth are of free form.</summary>
    public readonly bool IsFreeForm(int depth) => _freeFormFrom != 0 && depth >= _freeFormFrom;

    /// <summary>An object or array begins as the value of this member, or as the element of an array.</summary>
    public void OnStart(BodyKey key, int depth, bool isObject)
    {
        if (_freeFormFrom != 0)
        {
            return;
        }
        var members = depth + 1;
        var isElement = (_arrays & (1UL << depth)) != 0;
        if (members > MaxTrackedDepth || !(isElement || CarriesMedia(key, depth)))
        {
            _freeFormFrom = members;
            return;
        }
        _arrays = isObject ? _arrays & ~(1UL << members) : _arrays | (1UL << members);
    }

    /// <summary>The object or array ends whose members are at this depth.</summary>
    public void OnEnd(int depth)
    {
        if (_freeFormFrom == depth)
        {
            _freeFormFrom = 0;
        }
    }

    // "input" is the conversation of a responses request at the root, and anything at all in an Anthropic tool call.
    private static bool CarriesMedia(BodyKey key, int depth) => key switch
    {
        BodyKey.Input => depth == 1,
        BodyKey.Messages or BodyKey.Contents or BodyKey.Content or BodyKey.Parts or BodyKey.System or BodyKey.SystemInstruction or BodyKey.Requests or BodyKey.Output => true,
        BodyKey.FunctionResponse or BodyKey.Source or BodyKey.InlineData or BodyKey.InputAudio or BodyKey.Audio or BodyKey.File or BodyKey.FileData => true,
        BodyKey.ImageUrl or BodyKey.VideoUrl => true,
        _ => false,
    };
}
