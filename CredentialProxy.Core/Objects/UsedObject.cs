namespace CredentialProxy.Core.Objects;

/// <summary>Where the address of a request names a stored object: in a segment of its path, or in a parameter of its query.</summary>
/// <param name="Kind">The object's kind.</param>
/// <param name="Segment">The path's segment, from 0; -1 for a parameter.</param>
/// <param name="Verb">What follows the id in its segment, for example <c>:cancel</c>; empty for nothing.</param>
/// <param name="Parameter">The parameter's name; empty for a segment.</param>
public sealed record UsedObject(ObjectKind Kind, int Segment, string Verb, string Parameter = "")
{
    /// <summary>The id that a path names.</summary>
    public string IdIn(string path)
    {
        var rest = path.AsSpan(1);
        for (var i = 0; i < Segment; i++)
        {
            rest = rest[(rest.IndexOf('/') + 1)..];
        }
        var end = rest.IndexOf('/');
        var segment = end < 0 ? rest : rest[..end];
        return segment[..^Verb.Length].ToString();
    }
}
