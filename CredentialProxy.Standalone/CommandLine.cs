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
        SettingArguments.Check(settings, $"{Demo}, and ");
        return new CommandLine(arguments.Contains(Demo), settings);
    }
}
