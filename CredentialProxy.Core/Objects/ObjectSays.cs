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

    /// <summary>Whether a member tells what an object is, in whatever letter case, which some servers don't mind.</summary>
    public static bool IsType(string name) => name.Equals("type", StringComparison.OrdinalIgnoreCase);

    /// <summary>Whether a member tells which object it is, likewise.</summary>
    public static bool IsId(string name) => name.Equals("id", StringComparison.OrdinalIgnoreCase);

    /// <summary>Notes a member; whether it tells what the object is, or which, and was there before: some servers take the first and some the last.</summary>
    public bool Repeats(string name)
    {
        var (isType, isId) = (IsType(name), IsId(name));
        var isRepeated = (isType && _namesType) || (isId && _namesId);
        _namesType |= isType;
        _namesId |= isId;
        return isRepeated;
    }
}
