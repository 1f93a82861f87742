using System.Buffers;
using System.Text.Json;
using CredentialProxy.Core.Inspection;
using CredentialProxy.Core.Providers;

namespace CredentialProxy.Core.Objects;

/// <summary>
/// Reads out of a body which stored objects it names. A second pass, made only where the first saw that there may be some, or where there is no first one. In bodies without a dialect, which
/// manage objects rather than talk to a model, a value that looks like an id is taken for one wherever it stands.
/// </summary>
public static class ReferenceReader
{
    private const int MaxDepth = RequestInspector.MaxDepth;

    // Members of the elements of a list at the root.
    private const int ItemDepth = 3;

    // Each character may be written as an escape of six.
    private const int MaxRawName = ObjectKinds.MaxNameLength * 6;
    private const int MaxRawValue = StoredObject.MaxIdLength * 6;
    private const string TooLong = "(too long)";

    /// <summary>Reads a body.</summary>
    /// <param name="kinds">What the provider stores.</param>
    /// <param name="dialect">The body's dialect; <see cref="Dialect.None"/> for none.</param>
    /// <param name="body">The whole body.</param>
    /// <param name="looksAtValues">Whether values that look like ids are taken for ids.</param>
    /// <param name="references">What it names.</param>
    /// <returns>What is wrong with it; null when nothing is.</returns>
    public static InspectionError? Read(ObjectKinds kinds, Dialect dialect, ReadOnlySequence<byte> body, bool looksAtValues, out References references)
    {
        references = new References();
        if (dialect == Dialect.None && BodyEncoding.Refuse(body) is { } wrong)
        {
            // Bodies of a dialect have been looked at for that.
            return wrong;
        }
        var reader = new Utf8JsonReader(body, new JsonReaderOptions { MaxDepth = MaxDepth });
        try
        {
            var walk = new Walk(kinds, dialect, looksAtValues, references);
            while (reader.Read())
            {
                if (walk.On(ref reader) is { } repeated)
                {
                    return new InspectionError($"'{repeated}' is twice in one object; which one counts can't be told.", repeated);
                }
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or IndexOutOfRangeException)
        {
            // The reader fails with an IndexOutOfRangeException on some bodies that break off in the middle of a literal.
            return new InspectionError($"The body is not valid JSON (UTF-8, no comments, no trailing commas, nested at most {MaxDepth} deep).");
        }
        return null;
    }

    private readonly struct Walk(ObjectKinds kinds, Dialect dialect, bool looksAtValues, References references)
    {
        // By depth: the member that is open there, and what an object there has told of itself.
        private readonly string[] _names = new string[MaxDepth + 2];
        private readonly ObjectSays[] _objects = new ObjectSays[MaxDepth + 2];

        // The name of a member that tells what an object is, or which, and is there twice; null for none.
        public string? On(ref Utf8JsonReader reader)
        {
            var depth = reader.CurrentDepth;
            switch (reader.TokenType)
            {
                case JsonTokenType.PropertyName:
                    _names[depth] = Text(ref reader, MaxRawName);
                    if (_objects[depth].Repeats(_names[depth]))
                    {
                        return _names[depth];
                    }
                    if (FreeForm.Is(_names[depth], depth, dialect))
                    {
                        reader.Skip();
                    }
                    break;
                case JsonTokenType.StartObject:
                    _objects[depth + 1] = default;
                    break;
                case JsonTokenType.StartArray:
                    // An element goes by the name of its array.
                    _names[depth + 1] = NameAt(depth);
                    break;
                case JsonTokenType.EndObject:
                    OnObject(depth + 1);
                    break;
                case JsonTokenType.String:
                    OnText(Text(ref reader, MaxRawValue), depth);
                    break;
            }
            return null;
        }

        private void OnText(string text, int depth)
        {
            var name = NameAt(depth);
            if (ObjectSays.IsType(name))
            {
                _objects[depth].Type = text;
            }
            else if (ObjectSays.IsId(name))
            {
                _objects[depth].Id = text;
            }
            else if (depth == 1 && name.Equals("model", StringComparison.OrdinalIgnoreCase))
            {
                references.Models.Add(text);
            }
            Span<byte> utf8 = stackalloc byte[ObjectKinds.MaxNameLength * 2];
            var length = Write(name, utf8);
            var aroundLength = Write(NameAt(depth - 1), utf8[length..]);
            if (kinds.OfField(utf8[..length], utf8.Slice(length, aroundLength), dialect == Dialect.None) is { } kind)
            {
                references.Add(kind, text, name);
            }
            else if (looksAtValues && !FreeForm.IsText(name) && kinds.OfValue(text) is { } alike)
            {
                references.Add(alike, text, name);
            }
        }

        private void OnObject(int depth)
        {
            if (_objects[depth] is not { Id: { } id } says)
            {
                return;
            }
            // In a conversation an item that has nothing but an id is a reference too.
            var kind = says.Type is { } type ? kinds.OfType(type) : depth == ItemDepth ? kinds.OfBare(NameAt(1)) : null;
            if (kind is not null)
            {
                references.Add(kind, id, "id");
            }
        }

        // What is longer is no name that we know and no id that anybody has, and may be megabytes.
        private static string Text(ref Utf8JsonReader reader, int most) =>
            (reader.HasValueSequence ? reader.ValueSequence.Length : reader.ValueSpan.Length) <= most ? reader.GetString()! : TooLong;

        private string NameAt(int depth) => depth >= 0 ? _names[depth] ?? "" : "";

        private static int Write(string name, Span<byte> utf8) =>
            System.Text.Unicode.Utf8.FromUtf16(name, utf8[..Math.Min(utf8.Length, ObjectKinds.MaxNameLength)], out _, out var written, replaceInvalidSequences: false) == OperationStatus.Done ? written : 0;
    }
}
