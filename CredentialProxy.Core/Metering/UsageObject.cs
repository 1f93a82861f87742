using System.Text.Json;
using CredentialProxy.Core.Limits;
using CredentialProxy.Core.Pricing;

namespace CredentialProxy.Core.Metering;

/// <summary>Reads one usage object into <see cref="UsageFigures"/>, whole or not at all.</summary>
internal ref struct UsageObject
{
    private UsageFigures _figures;
    private UsageModality _modality;
    private UsageIteration _iteration;
    private UsageField _parent;
    private UsageField _inner;
    private UsageField _field;
    private ulong _begun;

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
            case JsonTokenType.StartObject or JsonTokenType.StartArray:
                OnStart(reader.CurrentDepth);
                return true;
            case JsonTokenType.EndObject:
                OnEnd(reader.CurrentDepth);
                return true;
            case JsonTokenType.Number:
                return TryTakeNumber(ref reader);
            case JsonTokenType.String:
                OnWord(reader.ValueSpan);
                return !IsCount(_field);
            case JsonTokenType.True:
                _figures.IsOwnKey |= _field == UsageField.IsOwnKey;
                return true;
            default:
                return true;
        }
    }

    // Figures stand in the usage object, in objects one and two levels down, or in the objects of an array there. Deeper ones are none of ours.
    private readonly UsageField ParentAt(int depth) => depth switch
    {
        1 => UsageField.None,
        2 when !IsList(_parent) => Container(_parent),
        3 when IsList(_parent) => _parent,
        3 => Container(_inner),
        4 when _parent == UsageField.Iterations => Container(_inner),
        _ => UsageField.Modality,
    };

    private static UsageField Container(UsageField field) =>
        field is (>= UsageField.InputDetails and <= UsageField.IterationCacheCreation) ? field : UsageField.Modality;

    private static bool IsList(UsageField field) =>
        field is UsageField.InputModalities or UsageField.CachedModalities or UsageField.OutputModalities or UsageField.Iterations;

    private void OnStart(int depth)
    {
        switch (depth)
        {
            case 1:
                _parent = _field;
                _inner = UsageField.None;
                BeginList();
                break;
            case 2 when IsList(_parent):
                _modality.Begin();
                _iteration.Begin();
                break;
            case 2 or 3:
                _inner = _field;
                break;
        }
    }

    private void OnEnd(int depth)
    {
        if (depth == 3 || (depth == 2 && !IsList(_parent)))
        {
            _inner = UsageField.None;
        }
        else if (depth == 2 && _parent == UsageField.Iterations)
        {
            _iteration.AddTo(ref _figures);
        }
        else if (depth == 2)
        {
            _modality.AddTo(ref _figures, _parent);
        }
    }

    // A list is the last word on its sums; two lists of one usage object, that of the prompt and that of tool results, add up.
    private void BeginList()
    {
        var bit = 1UL << (int)_parent;
        if (!IsList(_parent) || (_begun & bit) != 0)
        {
            return;
        }
        _begun |= bit;
        ReadOnlySpan<UsageField> sums = _parent == UsageField.Iterations
            ? [UsageField.FurtherInput, UsageField.FurtherOutput, UsageField.FurtherCached, UsageField.FurtherCacheWrite, UsageField.FurtherCacheWriteHour]
            : UsageModality.FieldsOf(_parent);
        foreach (var sum in sums)
        {
            _figures.Set(sum, 0);
        }
    }

    private void OnWord(ReadOnlySpan<byte> word)
    {
        switch (_field)
        {
            case UsageField.Modality:
                _modality.SetName(word);
                break;
            case UsageField.IterationType:
                _iteration.SetType(word);
                break;
            case UsageField.ServiceTier:
                _figures.Tier = ServiceTermNames.Tier(word);
                break;
            case UsageField.Speed:
                _figures.Speed = ServiceTermNames.Tier(word);
                break;
            case UsageField.InferenceGeo:
                _figures.Geo = ServiceTermNames.Geo(word);
                break;
        }
    }

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
            _modality.SetCount(number);
        }
        else if (_field >= UsageField.IterationInput)
        {
            _iteration.Set(_field, number);
        }
        else
        {
            _figures.Set(_field, number);
        }
        return true;
    }

    private static bool IsCount(UsageField field) =>
        field is (>= UsageField.Input and <= UsageField.WebFetches) or UsageField.ModalityCount or >= UsageField.IterationInput;
}
