using System.Text;
using System.Text.Json;
using CredentialProxy.Core.Objects;
using CredentialProxy.Core.Providers;

namespace CredentialProxy.Fuzzing.References;

/// <summary>Finds the stored objects that a body names by walking over the whole document: the simple reading that the product's pass over the bytes must agree with.</summary>
internal sealed class PlainReferences
{
    private const string TooLong = "(too long)";

    private readonly ObjectKinds _kinds;
    private readonly Dialect _dialect;
    private readonly bool _looksAtValues;
    private readonly Core.Objects.References _found = new();

    private PlainReferences(ObjectKinds kinds, Dialect dialect, bool looksAtValues) => (_kinds, _dialect, _looksAtValues) = (kinds, dialect, looksAtValues);

    /// <summary>Reads a document.</summary>
    public static Core.Objects.References Of(ObjectKinds kinds, Dialect dialect, bool looksAtValues, JsonElement root)
    {
        var walk = new PlainReferences(kinds, dialect, looksAtValues);
        walk.OnValue(root, "", "", 0, "");
        return walk._found;
    }

    /// <summary>Whether an object of a document says twice what it is, or which, where that is looked at.</summary>
    public static bool SaysTwice(Dialect dialect, JsonElement value, int depth = 0) => value.ValueKind switch
    {
        JsonValueKind.Array => value.EnumerateArray().Any(element => SaysTwice(dialect, element, depth + 1)),
        JsonValueKind.Object => value.EnumerateObject().GroupBy(NameOf, StringComparer.OrdinalIgnoreCase).Any(group => (Is(group.Key, "type") || Is(group.Key, "id")) && group.Count() > 1)
            || value.EnumerateObject().Any(member => !FreeForm.Is(NameOf(member), depth + 1, dialect) && SaysTwice(dialect, member.Value, depth + 1)),
        _ => false,
    };

    // The member's name, or the array's whose element the value is; the name around that; how deep the value lies; the root's member that it lies in.
    private void OnValue(JsonElement value, string name, string around, int depth, string rootMember)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                OnObject(value, name, depth, rootMember);
                break;
            case JsonValueKind.Array:
                foreach (var element in value.EnumerateArray())
                {
                    OnValue(element, name, name, depth + 1, rootMember);
                }
                break;
            case JsonValueKind.String:
                OnText(Short(value, StoredObject.MaxIdLength), name, around, depth);
                break;
        }
    }

    private void OnObject(JsonElement value, string name, int depth, string rootMember)
    {
        string? type = null;
        string? id = null;
        foreach (var member in value.EnumerateObject())
        {
            var memberName = NameOf(member);
            if (FreeForm.Is(memberName, depth + 1, _dialect))
            {
                continue;
            }
            OnValue(member.Value, memberName, name, depth + 1, depth == 0 ? memberName : rootMember);
            foreach (var text in TextsOf(member.Value))
            {
                type = Is(memberName, "type") ? text : type;
                id = Is(memberName, "id") ? text : id;
            }
        }
        var kind = type is not null ? _kinds.OfType(type) : depth == 2 ? _kinds.OfBare(rootMember) : null;
        if (id is not null && kind is not null)
        {
            _found.Add(kind, id, "id");
        }
    }

    private void OnText(string text, string name, string around, int depth)
    {
        if (Is(name, "model") && depth == 1)
        {
            _found.Models.Add(text);
        }
        if (Utf8(name) is { } utf8 && _kinds.OfField(utf8, Utf8(around) ?? [], _dialect == Dialect.None) is { } kind)
        {
            _found.Add(kind, text, name);
        }
        else if (_looksAtValues && !FreeForm.IsText(name) && _kinds.OfValue(text) is { } alike)
        {
            _found.Add(alike, text, name);
        }
    }

    private static bool Is(string name, string known) => name.Equals(known, StringComparison.OrdinalIgnoreCase);

    private static IEnumerable<string> TextsOf(JsonElement value) => value.ValueKind == JsonValueKind.String ? [Short(value, StoredObject.MaxIdLength)] : [];

    // A name too long for any of ours is not unescaped by the product, which need not find that it stands for no text.
    private static string NameOf(JsonProperty member)
    {
        try
        {
            return member.Name;
        }
        catch (InvalidOperationException)
        {
            return TooLong;
        }
    }

    // Each character may be written as an escape of six.
    private static string Short(JsonElement value, int most) => Encoding.UTF8.GetByteCount(value.GetRawText()) - 2 <= most * 6 ? value.GetString()! : TooLong;

    private static byte[]? Utf8(string name) => Encoding.UTF8.GetByteCount(name) <= ObjectKinds.MaxNameLength ? Encoding.UTF8.GetBytes(name) : null;
}
