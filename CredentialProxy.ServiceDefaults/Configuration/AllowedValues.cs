using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Reflection;

namespace CredentialProxy.ServiceDefaults.Configuration;

/// <summary>Says in words what a setting may be: to whoever set it to something else, and in the settings' reference.</summary>
public static class AllowedValues
{
    /// <summary>For example "a whole number from 1 to 300".</summary>
    public static string Of(PropertyInfo setting)
    {
        var kind = KindOf(Nullable.GetUnderlyingType(setting.PropertyType) ?? setting.PropertyType);
        return setting.GetCustomAttribute<RangeAttribute>() is { } range ? $"{kind} from {Show(range, range.Minimum)} to {Show(range, range.Maximum)}" : kind;
    }

    private static string KindOf(Type type) => type switch
    {
        _ when type == typeof(bool) => "true or false",
        _ when type == typeof(string) => "text",
        _ when type.IsEnum => $"one of {string.Join(", ", Enum.GetNames(type))}",
        _ when type == typeof(TimeSpan) => "a time span",
        _ when type == typeof(int) || type == typeof(long) => "a whole number",
        _ when type == typeof(double) || type == typeof(decimal) => "a number",
        _ when type.IsAssignableTo(typeof(IEnumerable<string>)) => "a list, its items at 0, 1, …",
        _ => throw new NotSupportedException($"There are no words for settings of type {type}."),
    };

    private static string Show(RangeAttribute range, object bound) => bound switch
    {
        // A range of time spans holds its bounds as text until it is first asked.
        string text when range.OperandType == typeof(TimeSpan) => Show(TimeSpan.Parse(text, CultureInfo.InvariantCulture)),
        TimeSpan span => Show(span),
        double number => number.ToString("0.######", CultureInfo.InvariantCulture),
        _ => Convert.ToString(bound, CultureInfo.InvariantCulture)!,
    };

    /// <summary>A time span without the zeros of its fraction, in the form that a setting takes.</summary>
    public static string Show(TimeSpan span)
    {
        var text = span.ToString("c", CultureInfo.InvariantCulture);
        return span.Ticks % TimeSpan.TicksPerSecond == 0 ? text : text.TrimEnd('0');
    }
}
