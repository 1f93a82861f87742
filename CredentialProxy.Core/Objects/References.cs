using System.Text;

namespace CredentialProxy.Core.Objects;

/// <summary>What a second look at a request's body found: the stored objects that it names, and the model where nothing else has read it.</summary>
public sealed class References
{
    /// <summary>Most objects that one body may name.</summary>
    public const int MaxCount = 128;

    private readonly List<StoredReference> _all = [];

    /// <summary>The objects, none twice.</summary>
    public IReadOnlyList<StoredReference> All => _all;

    /// <summary>Whether there are more than <see cref="MaxCount"/>, the rest of which is not listed.</summary>
    public bool AreTooMany { get; private set; }

    /// <summary>The models that a body without a dialect names at its root.</summary>
    public IList<string> Models { get; } = [];

    /// <summary>Looks at the field of a form, <c>image[file_id]</c> standing for the member <c>file_id</c> of <c>image</c>.</summary>
    public void AddField(ObjectKinds kinds, string name, string value, bool looksAtValues)
    {
        if (name.Equals("model", StringComparison.OrdinalIgnoreCase))
        {
            Models.Add(value);
        }
        var steps = name.Split(['[', ']', '.'], StringSplitOptions.RemoveEmptyEntries).Where(step => !step.All(char.IsAsciiDigit)).ToArray();
        var (member, around) = (steps.ElementAtOrDefault(steps.Length - 1) ?? "", steps.ElementAtOrDefault(steps.Length - 2) ?? "");
        if (kinds.OfField(Encoding.UTF8.GetBytes(member), Encoding.UTF8.GetBytes(around), isManaged: true) is { } kind)
        {
            Add(kind, value, name);
        }
        else if (looksAtValues && !FreeForm.IsText(member) && kinds.OfValue(value) is { } alike)
        {
            Add(alike, value, name);
        }
    }

    internal void Add(ObjectKind kind, string text, string field)
    {
        if (kind.Words.Contains(text) || (kind.OthersAreShared && !kind.Prefixes.Any(prefix => text.StartsWith(prefix, StringComparison.Ordinal))))
        {
            return;
        }
        if (ObjectName.InRequest(text) is not { } id || _all.Any(known => known.Kind == kind && known.Id == id))
        {
            return;
        }
        AreTooMany |= _all.Count == MaxCount;
        if (!AreTooMany)
        {
            _all.Add(new StoredReference(kind, id, field));
        }
    }
}
