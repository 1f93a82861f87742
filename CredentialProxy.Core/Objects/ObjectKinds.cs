using System.Buffers;
using System.Text;

namespace CredentialProxy.Core.Objects;

/// <summary>The kinds of objects of one provider, and which of them a member of a body names.</summary>
public sealed class ObjectKinds
{
    /// <summary>Longer member names are none of ours.</summary>
    internal const int MaxNameLength = 64;

    private static readonly SearchValues<char> LettersAndDigits = SearchValues.Create("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

    // By the name's length; a second name is that of the object around the member.
    private readonly (byte[] Name, byte[]? Around, bool IsManaged, ObjectKind Kind)[][] _fields;
    private readonly (string Prefix, ObjectKind Kind)[] _prefixes;

    /// <summary>Makes them.</summary>
    public ObjectKinds(IEnumerable<ObjectKind> kinds)
    {
        All = [.. kinds];
        var fields = All.SelectMany(kind => kind.Fields.Select(field => Field(field, false, kind)).Concat(kind.ManagedFields.Select(field => Field(field, true, kind)))).ToList();
        _fields = [.. Enumerable.Range(0, MaxNameLength + 1).Select(length => fields.Where(field => field.Name.Length == length).ToArray())];
        _prefixes = [.. All.SelectMany(kind => kind.Prefixes.Select(prefix => (prefix, kind)))];
    }

    /// <summary>None.</summary>
    public static ObjectKinds None { get; } = new([]);

    /// <summary>Every kind.</summary>
    public IReadOnlyList<ObjectKind> All { get; }

    /// <summary>The kind of this name; null for none.</summary>
    public ObjectKind? Find(string name) => All.FirstOrDefault(kind => kind.Name == name);

    /// <summary>The kind that a member names; null for none.</summary>
    /// <param name="name">The member.</param>
    /// <param name="around">The member whose value is the object that the member stands in.</param>
    /// <param name="isManaged">Whether the body is that of an endpoint without a dialect.</param>
    internal ObjectKind? OfField(ReadOnlySpan<byte> name, ReadOnlySpan<byte> around, bool isManaged)
    {
        if (name.Length > MaxNameLength)
        {
            return null;
        }
        foreach (var field in _fields[name.Length])
        {
            // A server that minds no letter case takes "File_Id" for it.
            if (Ascii.EqualsIgnoreCase(name, field.Name) && (field.Around is null || Ascii.EqualsIgnoreCase(around, field.Around)) && (isManaged || !field.IsManaged))
            {
                return field.Kind;
            }
        }
        return null;
    }

    /// <summary>The kind whose ids look like this; null for none.</summary>
    internal ObjectKind? OfValue(string value)
    {
        foreach (var (prefix, kind) in _prefixes)
        {
            if (value.StartsWith(prefix, StringComparison.Ordinal) && IsId(prefix, value.AsSpan(prefix.Length)))
            {
                return kind;
            }
        }
        return null;
    }

    /// <summary>The kind whose objects a value of <c>type</c> refers to; null for none.</summary>
    internal ObjectKind? OfType(string type) => All.FirstOrDefault(kind => kind.Types.Contains(type));

    /// <summary>The kind that an element of a list at the body's root names by nothing but an <c>id</c>; null for none.</summary>
    internal ObjectKind? OfBare(string list) => All.FirstOrDefault(kind => kind.BareIn.Contains(list, StringComparer.OrdinalIgnoreCase));

    // "files/" stands before names alone; "file_" before many a word, of which none looks as if it were drawn by lot.
    private static bool IsId(string prefix, ReadOnlySpan<char> tail)
    {
        const int Shortest = 10;
        return prefix.EndsWith('/')
            ? !tail.IsEmpty && !tail.ContainsAnyExcept(ObjectName.IdCharacters)
            : tail.Length >= Shortest && !tail.ContainsAnyExcept(LettersAndDigits) && tail.ContainsAnyExceptInRange('a', 'z');
    }

    private static (byte[] Name, byte[]? Around, bool IsManaged, ObjectKind Kind) Field(string text, bool isManaged, ObjectKind kind)
    {
        var dot = text.IndexOf('.', StringComparison.Ordinal);
        return (Encoding.ASCII.GetBytes(text[(dot + 1)..]), dot < 0 ? null : Encoding.ASCII.GetBytes(text[..dot]), isManaged, kind);
    }
}
