using Microsoft.Extensions.Configuration;

namespace CredentialProxy.ServiceDefaults.Configuration;

/// <summary>Settings on a command line: <c>--NAME=VALUE</c> or <c>--NAME VALUE</c>.</summary>
public static class SettingArguments
{
    /// <summary>Makes sure that there is nothing else.</summary>
    /// <param name="arguments">The arguments.</param>
    /// <param name="known">What else is known there, in words, with a comma behind it; empty for nothing.</param>
    /// <exception cref="StartupException">One is no setting, so that a misspelt one does not start something else than was meant.</exception>
    public static void Check(string[] arguments, string known = "")
    {
        for (var i = 0; i < arguments.Length; i++)
        {
            var isName = arguments[i].Length > 2 && arguments[i].StartsWith("--", StringComparison.Ordinal);
            var hasValue = isName && (arguments[i].Contains('=', StringComparison.Ordinal) || ++i < arguments.Length);
            if (!hasValue)
            {
                throw new StartupException($"The argument '{(isName ? arguments[^1] : arguments[i])}' is not known here. Known are {known}--NAME=VALUE for any setting, such as --PORT=9000.");
            }
        }
    }

    /// <summary>Keeps secrets off the command line, which every user of the machine can read (<c>/proc/PID/cmdline</c>) and which shells and process monitors write down.</summary>
    /// <param name="arguments">The arguments.</param>
    /// <param name="secrets">Names of settings that hold a secret.</param>
    /// <param name="isReference">Whether a value is a reference to a secret, which is none itself.</param>
    /// <exception cref="StartupException">An argument holds a secret; the message names it and does not repeat it.</exception>
    public static void RefuseSecrets(string[] arguments, IEnumerable<string> secrets, Func<string, bool> isReference)
    {
        var names = secrets.ToHashSet(StringComparer.OrdinalIgnoreCase);
        foreach (var (name, value) in new ConfigurationBuilder().AddCommandLine(arguments).Build().AsEnumerable())
        {
            var isSecret = names.Contains(name) || (name.StartsWith("Providers:", StringComparison.OrdinalIgnoreCase) && name.EndsWith(":ApiKey", StringComparison.OrdinalIgnoreCase));
            if (isSecret && !string.IsNullOrEmpty(value) && !isReference(value))
            {
                throw new StartupException($"The setting {name} must not be given on the command line, where every user of this machine can read it. Set it in the environment, or refer to it: env:NAME or file:/path for a provider's key.");
            }
        }
    }

    /// <summary>The configuration of a program: <c>appsettings.json</c> in the working directory, the environment, the arguments; the later wins.</summary>
    /// <param name="arguments">The arguments.</param>
    /// <param name="defaults">What holds where none of them says anything.</param>
    public static IConfigurationRoot Configure(string[] arguments, IEnumerable<KeyValuePair<string, string?>>? defaults = null) => new ConfigurationBuilder()
        .SetBasePath(Environment.CurrentDirectory)
        .AddInMemoryCollection(defaults ?? [])
        .AddJsonFile("appsettings.json", optional: true)
        .AddEnvironmentVariables()
        .AddCommandLine(arguments)
        .Build();
}
