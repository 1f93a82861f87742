using CredentialProxy.Core.Providers;

namespace CredentialProxy.Core.Inspection.Input;

/// <summary>
/// Finds the items of a responses request that are an id and no type: OpenAI takes them for references to items that it has stored
/// (https://platform.openai.com/docs/api-reference/responses/create#responses_create-input, "Item reference"). Items with a type carry their own content.
/// </summary>
internal struct ItemReferences(Dialect dialect)
{
    // Members of the elements of the array "input".
    private const int Depth = 3;

    private bool _hasId;
    private bool _hasType;
    private bool _namesId;
    private bool _namesType;

    /// <summary>Whether there is one.</summary>
    public bool Any { get; private set; }

    /// <summary>A member begins: of an item that says twice what it is, or which, some servers take the first and some the last.</summary>
    public InspectionError? OnName(in BodyKeyPath path, BodyKey key, int depth)
    {
        if (key is not (BodyKey.Id or BodyKey.Type) || !IsItem(path, depth))
        {
            return null;
        }
        var isRepeated = key == BodyKey.Id ? _namesId : _namesType;
        _namesId |= key == BodyKey.Id;
        _namesType |= key == BodyKey.Type;
        return isRepeated ? new InspectionError($"'{(key == BodyKey.Id ? "id" : "type")}' is twice in an item of 'input'; which one counts can't be told.", "input") : null;
    }

    /// <summary>A member's value is a string.</summary>
    public void OnText(in BodyKeyPath path, int depth)
    {
        if (IsItem(path, depth))
        {
            _hasId |= path.At(Depth) == BodyKey.Id;
            _hasType |= path.At(Depth) == BodyKey.Type;
        }
    }

    /// <summary>The object or array ends whose members are at this depth.</summary>
    public void OnEnd(int depth)
    {
        if (depth == Depth)
        {
            Any |= _hasId && !_hasType;
            (_hasId, _hasType, _namesId, _namesType) = (false, false, false, false);
        }
    }

    private readonly bool IsItem(in BodyKeyPath path, int depth) => depth == Depth && dialect == Dialect.OpenAIResponses && path.At(1) == BodyKey.Input;
}
