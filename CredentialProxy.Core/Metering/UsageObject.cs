using System.Text.Json;
using CredentialProxy.Core.Limits;

namespace CredentialProxy.Core.Metering;

/// <summary>Reads one usage object into <see cref="UsageFigures"/>, whole or not at all.</summary>
internal ref struct UsageObject
{
    private UsageFigures _figures;
    private UsageField _parent;
    private UsageField _field;
    private long _modalityCount;
    private bool _isAudio;
    private long? _audioInput;
    private long? _audioOutput;

    /// <summary>
    /// Takes over what a usage object says. False, and nothing taken over, when it is not JSON or says what can't be: a figure that is negative, fractional, a string, or beyond
    /// 2^53. It is then as if there were no usage, which is never cheaper.
    /// </summary>
    public static bool TryRead(ReadOnlySpan<byte> json, ref UsageFigures figures)
    {
        var usage = new UsageObject { _figures = figures };
        var reader = new Utf8JsonReader(json);
        try
        {
            while (reader.Read())
            {
                if (!usage.TryTake(ref reader))
                {
                    return false;
                }
            }
        }
        catch (JsonException)
        {
            return false;
        }
        usage._figures.SetIfStated(UsageField.AudioInput, usage._audioInput);
        usage._figures.SetIfStated(UsageField.AudioOutput, usage._audioOutput);
        figures = usage._figures;
        return true;
    }

    private bool TryTake(ref Utf8JsonReader reader)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.PropertyName:
                _field = UsageFields.Find(ParentAt(reader.CurrentDepth), reader.ValueSpan);
                return true;
            case JsonTokenType.StartObject or JsonTokenType.StartArray when reader.CurrentDepth == 1:
                _parent = _field;
                return true;
            case JsonTokenType.StartObject when reader.CurrentDepth == 2:
                (_modalityCount, _isAudio) = (0, false);
                return true;
            case JsonTokenType.EndObject when reader.CurrentDepth == 2:
                AddModality();
                return true;
            case JsonTokenType.Number:
                return TryTakeNumber(ref reader);
            case JsonTokenType.String:
                _isAudio |= _field == UsageField.Modality && reader.ValueSpan.SequenceEqual("AUDIO"u8);
                return !IsCount(_field);
            case JsonTokenType.True:
                _figures.IsOwnKey |= _field == UsageField.IsOwnKey;
                return true;
            default:
                return true;
        }
    }

    // Figures stand in the usage object, one level down, or in the objects of an array there. Deeper ones are none of ours.
    private readonly UsageField ParentAt(int depth) => depth switch
    {
        1 => UsageField.None,
        2 => _parent is UsageField.InputDetails or UsageField.OutputDetails or UsageField.CacheCreation or UsageField.CostDetails ? _parent : UsageField.Modality,
        3 => _parent is UsageField.InputModalities or UsageField.OutputModalities ? _parent : UsageField.Modality,
        _ => UsageField.Modality,
    };

    private bool TryTakeNumber(ref Utf8JsonReader reader)
    {
        if (_field is UsageField.Cost or UsageField.UpstreamCost)
        {
            _figures.SetCost(_field, reader.TryGetDecimal(out var usd) ? usd : null);
            return true;
        }
        if (!IsCount(_field))
        {
            return true;
        }
        if (!reader.TryGetInt64(out var number))
        {
            // Some servers write whole numbers as 12.0.
            number = reader.TryGetDouble(out var inexact) && double.IsInteger(inexact) && Math.Abs(inexact) <= Limit.MaxAmount ? (long)inexact : -1;
        }
        if (number is < 0 or > Limit.MaxAmount)
        {
            return false;
        }
        if (_field == UsageField.ModalityCount)
        {
            _modalityCount = number;
        }
        else
        {
            _figures.Set(_field, number);
        }
        return true;
    }

    private void AddModality()
    {
        if (!_isAudio)
        {
            return;
        }
        if (_parent == UsageField.InputModalities)
        {
            _audioInput = Math.Min(Limit.MaxAmount, (_audioInput ?? 0) + _modalityCount);
        }
        else
        {
            _audioOutput = Math.Min(Limit.MaxAmount, (_audioOutput ?? 0) + _modalityCount);
        }
    }

    private static bool IsCount(UsageField field) => field is (>= UsageField.Input and <= UsageField.AudioOutput) or UsageField.ModalityCount;
}
