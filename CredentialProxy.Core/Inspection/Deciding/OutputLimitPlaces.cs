using System.Globalization;
using System.Text;

namespace CredentialProxy.Core.Inspection.Deciding;

/// <summary>Where a body states its output limit: up to two numbers; or where a member can be put in that states one.</summary>
/// <param name="insertKey">The member that is put in: where the body has it without a limit its value is replaced, for a name must not be there twice.</param>
internal struct OutputLimitPlaces(BodyKey insertKey)
{
    private Place _first;
    private Place _second;
    private int _count;
    private Place _unlimited;
    private BodyKey _unlimitedKey;

    /// <summary>The place for a member where none is; 0 for nowhere.</summary>
    public long InsertAt { get; set; }

    /// <summary>How many bytes are replaced there.</summary>
    public int InsertInstead { get; set; }

    /// <summary>What stands before and after the number of a member that is put in.</summary>
    public (string Before, string After) InsertText { get; set; }

    /// <summary>The smallest output limit that the provider takes with the rest of the request.</summary>
    public long LeastTokens { get; set; }

    /// <summary>The largest output limit that the body states where it is not lowered; 0 for none.</summary>
    public long FixedTokens { get; set; }

    /// <summary>A number that limits the output.</summary>
    public void Add(long offset, int length, long value)
    {
        if (_count++ == 0)
        {
            _first = new Place(offset, length, value);
        }
        else
        {
            _second = new Place(offset, length, value);
        }
    }

    /// <summary>A value that stands for no limit.</summary>
    public void AddUnlimited(BodyKey key, long offset, int length)
    {
        if (_unlimitedKey == BodyKey.Other || key == insertKey)
        {
            (_unlimitedKey, _unlimited) = (key, new Place(offset, length, long.MaxValue));
        }
    }

    /// <summary>The changes that let no stated limit be above <paramref name="tokens"/>; false where that can't be had.</summary>
    public readonly bool TryClamp(long tokens, out BodyEdits edits)
    {
        edits = default;
        if (tokens < Math.Max(Math.Max(1, LeastTokens), FixedTokens))
        {
            return false;
        }
        var number = tokens.ToString(CultureInfo.InvariantCulture);
        if (_count > 0)
        {
            edits = Lower(edits, _first, tokens, number);
            edits = _count > 1 ? Lower(edits, _second, tokens, number) : edits;
            return true;
        }
        if (_unlimitedKey != BodyKey.Other && _unlimitedKey == insertKey)
        {
            edits = Lower(edits, _unlimited, tokens, number);
            return true;
        }
        if (InsertAt > 0)
        {
            edits = edits.With(new BodyEdit(InsertAt, InsertInstead, Encoding.ASCII.GetBytes(InsertText.Before + number + InsertText.After)));
        }
        return InsertAt > 0;
    }

    private static BodyEdits Lower(BodyEdits edits, Place place, long tokens, string number) =>
        place.Value > tokens ? edits.With(new BodyEdit(place.Offset, place.Length, Encoding.ASCII.GetBytes(number))) : edits;

    private readonly record struct Place(long Offset, int Length, long Value);
}
