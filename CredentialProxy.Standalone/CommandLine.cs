using CredentialProxy.ServiceDefaults.Configuration;

namespace CredentialProxy.Standalone;

/// <summary>What the process was started with: <c>--demo</c>, and settings.</summary>
internal sealed record CommandLine(bool IsDemo, string[] Settings)
{
    private const string Demo = "--demo";

    /// <summary>Reads the arguments; settings are <c>--NAME=VALUE</c> or <c>--NAME VALUE</c>.</summary>
    /// <exception cref="StartupException">One is neither, so that a misspelt one does not start something else than was meant.</exception>
    public static CommandLine Read(string[] arguments)
    {
        var settings = arguments.Where(argument => argument != Demo).ToArray();
        for (var i = 0; i < settings.Length; i++)
        {
            var isName = settings[i].Length > 2 && settings[i].StartsWith("--", StringComparison.Ordinal);
            var hasValue = isName && (settings[i].Contains('=', StringComparison.Ordinal) || ++i < settings.Length);
            if (!hasValue)
            {
                throw new StartupException($"The argument '{(isName ? settings[^1] : settings[i])}' is not known here. Known are {Demo}, and --NAME=VALUE for any setting, such as --PORT=9000.");
            }
        }
        return new CommandLine(arguments.Contains(Demo), settings);
    }
}
