using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Reflection;
using Microsoft.Extensions.Configuration;

namespace CredentialProxy.ServiceDefaults.Configuration;

/// <summary>Reads settings into their types and refuses, at the start and by name, what makes no sense.</summary>
public static class SettingsReader
{
    /// <summary>Reads a section.</summary>
    /// <exception cref="StartupException">A value is wrong, or a name is not one of ours.</exception>
    public static T Read<T>(IConfiguration configuration, string section)
        where T : class, new()
    {
        var given = configuration.GetSection(section);
        var settings = SettingsOf(typeof(T)).ToDictionary(setting => setting.Name, StringComparer.OrdinalIgnoreCase);
        foreach (var value in given.GetChildren())
        {
            if (!settings.TryGetValue(value.Key, out var setting))
            {
                throw new StartupException($"The setting {value.Path} is not known. Those of {section} are {string.Join(", ", settings.Keys)}.");
            }
            if (value.Value is { } text && !IsReadable(setting, text))
            {
                throw NotValid(value.Path, "it must be " + AllowedValues.Of(setting));
            }
        }
        // A section that has a value and no members, such as an environment variable of its name, is somebody else's.
        var options = given.GetChildren().Any() ? given.Get<T>() ?? new T() : new T();
        foreach (var setting in settings.Values)
        {
            if (setting.GetCustomAttribute<RangeAttribute>() is { } range && !range.IsValid(setting.GetValue(options)))
            {
                throw NotValid($"{section}:{setting.Name}", "it must be " + AllowedValues.Of(setting));
            }
        }
        if (options is IValidatableObject rules && rules.Validate(new ValidationContext(options)).FirstOrDefault() is { } error)
        {
            throw NotValid($"{section}:{error.MemberNames.First()}", error.ErrorMessage!);
        }
        return options;
    }

    /// <summary>The properties of a type that are settings.</summary>
    public static IEnumerable<PropertyInfo> SettingsOf(Type type) => type.GetProperties(BindingFlags.Public | BindingFlags.Instance);

    private static StartupException NotValid(string name, string why) => new($"The setting {name} is not valid: {why}.");

    private static bool IsReadable(PropertyInfo setting, string text)
    {
        if (setting.PropertyType.IsEnum)
        {
            // A number would do for the converter, whether it means anything or not.
            return Enum.GetNames(setting.PropertyType).Contains(text, StringComparer.OrdinalIgnoreCase);
        }
        var converter = TypeDescriptor.GetConverter(setting.PropertyType);
        if (!converter.CanConvertFrom(typeof(string)))
        {
            return text.Length == 0;
        }
        try
        {
            converter.ConvertFromInvariantString(text);
            return true;
        }
        catch (Exception e) when (e is ArgumentException or FormatException or OverflowException or NotSupportedException)
        {
            return false;
        }
    }
}
