namespace CredentialProxy.Core.Inspection;

/// <summary>Where an object has a member, or could have it.</summary>
/// <param name="InsideAt">The offset right after the object's opening brace; 0 for nowhere.</param>
/// <param name="ValueAt">The offset of the member's value.</param>
/// <param name="ValueLength">How long that is; 0 where the object has no such member.</param>
internal readonly record struct MemberPlace(long InsideAt, long ValueAt, int ValueLength)
{
    /// <summary>Whether the object has the member.</summary>
    public bool IsStated => ValueLength > 0;

    /// <summary>Puts another value in the place of the member's.</summary>
    public BodyEdit Replace(ReadOnlyMemory<byte> value) => new(ValueAt, ValueLength, value);

    /// <summary>Puts the member in, in front of all others: the object has some.</summary>
    /// <param name="memberAndComma">The member, a comma at its end.</param>
    public BodyEdit Insert(ReadOnlyMemory<byte> memberAndComma) => new(InsideAt, 0, memberAndComma);
}
