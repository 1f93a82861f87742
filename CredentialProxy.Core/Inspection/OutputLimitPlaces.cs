using System.Globalization;
using System.Text;

namespace CredentialProxy.Core.Inspection;

/// <summary>Where a body states its output limit: up to two numbers; or where a member can be put in that states one.</summary>
internal struct OutputLimitPlaces
{
    private (long Offset, int Length, long Value) _first;
    private (long Offset, int Length, long Value) _second;
    private int _count;

    /// <summary>Where a member can be put in when none is there; 0 for nowhere.</summary>
    public long InsertAt { get; set; }

    /// <summary>What stands before and after the number of a member that is put in.</summary>
    public (string Before, string After) InsertText { get; set; }

    public void Add(long offset, int length, long value)
    {
        if (_count++ == 0)
        {
            _first = (offset, length, value);
        }
        else
        {
            _second = (offset, length, value);
        }
    }

    public readonly bool TryClamp(long tokens, out BodyEdits edits)
    {
        edits = default;
        var number = tokens.ToString(CultureInfo.InvariantCulture);
        if (_count == 0)
        {
            if (InsertAt == 0)
            {
                return false;
            }
            edits = edits.With(new BodyEdit(InsertAt, 0, Encoding.ASCII.GetBytes(InsertText.Before + number + InsertText.After)));
            return true;
        }
        if (_first.Value > tokens)
        {
            edits = edits.With(new BodyEdit(_first.Offset, _first.Length, Encoding.ASCII.GetBytes(number)));
        }
        if (_count > 1 && _second.Value > tokens)
        {
            edits = edits.With(new BodyEdit(_second.Offset, _second.Length, Encoding.ASCII.GetBytes(number)));
        }
        return true;
    }
}
