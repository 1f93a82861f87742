using System.Text;

namespace CredentialProxy.Core.Objects;

/// <summary>
/// The places of an answer in which the provider names what was made: paths of member names from the root of the JSON, or of an event's, <c>[]</c> standing for every element of an array.
/// Nothing anywhere else counts, since much of an answer repeats what the client or the model wrote.
/// </summary>
public sealed class MadePaths
{
    private const string Elements = "[]";

    /// <summary>Makes them out of texts such as <c>file: output[].file_id</c>.</summary>
    /// <exception cref="FormatException">A text has another form, or names a kind that is none.</exception>
    public MadePaths(IReadOnlyList<string> texts, ObjectKinds kinds)
    {
        Texts = texts;
        foreach (var text in texts)
        {
            var parts = text.Split(": ");
            var kind = parts.Length == 2 ? kinds.Find(parts[0]) : null;
            Add(parts[^1], kind ?? throw new FormatException($"'{text}' must be a kind, a colon, a blank and a path."));
        }
    }

    /// <summary>The kind of what is named at a path; there must be one.</summary>
    public ObjectKind KindOf(string path) => Steps(path).Aggregate(Root, (node, step) => (step == Elements ? node.Element : node.Find(Encoding.ASCII.GetBytes(step)))!).Kinds[0];

    /// <summary>The texts they were made of.</summary>
    public IReadOnlyList<string> Texts { get; }

    internal Node Root { get; } = new();

    private void Add(string path, ObjectKind kind)
    {
        var node = Root;
        foreach (var step in Steps(path))
        {
            if (step.Length == 0)
            {
                throw new FormatException($"'{path}' has an empty step.");
            }
            node = step == Elements ? node.Element ??= new Node() : node.Member(Encoding.ASCII.GetBytes(step));
        }
        node.Kinds = [.. node.Kinds, kind];
    }

    private static string[] Steps(string path) => path.Replace(Elements, "." + Elements, StringComparison.Ordinal).Split('.');

    /// <summary>A place on the way.</summary>
    internal sealed class Node
    {
        private (byte[] Name, Node Node)[] _members = [];

        /// <summary>What an id here is of; several where the provider gives two things one id.</summary>
        public ObjectKind[] Kinds { get; set; } = [];

        /// <summary>The elements of an array.</summary>
        public Node? Element { get; set; }

        /// <summary>The member of this name; null for none.</summary>
        public Node? Find(ReadOnlySpan<byte> name)
        {
            foreach (var member in _members)
            {
                if (name.SequenceEqual(member.Name))
                {
                    return member.Node;
                }
            }
            return null;
        }

        public Node Member(byte[] name)
        {
            if (Find(name) is { } known)
            {
                return known;
            }
            var node = new Node();
            _members = [.. _members, (name, node)];
            return node;
        }
    }
}
