namespace CredentialProxy.Core.Inspection;

/// <summary>A change to a body on its way: some of its bytes are left out and others put in their place; all the rest stays as it is.</summary>
/// <param name="Offset">Where, in bytes of the original body.</param>
/// <param name="RemoveLength">How many bytes are left out from there on.</param>
/// <param name="Insert">What is put in.</param>
public readonly record struct BodyEdit(long Offset, int RemoveLength, ReadOnlyMemory<byte> Insert);
