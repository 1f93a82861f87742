namespace CredentialProxy.Core.Objects;

/// <summary>What an object of a body has told of itself so far.</summary>
internal struct ObjectSays
{
    private bool _namesType;
    private bool _namesId;

    /// <summary>Its <c>type</c>, where that is a text.</summary>
    public string? Type { get; set; }

    /// <summary>Its <c>id</c>, where that is a text.</summary>
    public string? Id { get; set; }

    /// <summary>Notes a member; whether it tells what the object is, or which, and was there before: some servers take the first and some the last.</summary>
    public bool Repeats(string name)
    {
        var isRepeated = (name == "type" && _namesType) || (name == "id" && _namesId);
        _namesType |= name == "type";
        _namesId |= name == "id";
        return isRepeated;
    }
}
