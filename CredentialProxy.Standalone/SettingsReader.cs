using System.ComponentModel.DataAnnotations;
using CredentialProxy.Core.Providers;

namespace CredentialProxy.Standalone;

/// <summary>Reads settings into their types and refuses, at the start and by name, what makes no sense.</summary>
internal static class SettingsReader
{
    /// <summary>Reads a section.</summary>
    /// <exception cref="StartupException">A value is wrong, or a name is not one of ours.</exception>
    public static T Read<T>(IConfiguration configuration, string section)
        where T : class, new()
    {
        T options;
        try
        {
            options = configuration.GetSection(section).Get<T>(binder => binder.ErrorOnUnknownConfiguration = true) ?? new T();
        }
        catch (InvalidOperationException e)
        {
            throw new StartupException($"The settings {section}:* are not valid: {Innermost(e)}", e);
        }
        var errors = new List<ValidationResult>();
        if (!Validator.TryValidateObject(options, new ValidationContext(options), errors, validateAllProperties: true))
        {
            var error = errors[0];
            throw new StartupException($"The setting {section}:{error.MemberNames.FirstOrDefault()} is not valid: {error.ErrorMessage}");
        }
        return options;
    }

    /// <summary>Reads the providers' settings.</summary>
    public static Dictionary<string, ProviderOptions> ReadProviders(IConfiguration configuration) =>
        configuration.GetSection("Providers").GetChildren().ToDictionary(section => section.Key.ToLowerInvariant(), section => Read<ProviderOptions>(configuration, section.Path));

    private static string Innermost(Exception e) => e.InnerException is { } inner ? Innermost(inner) : e.Message;
}
