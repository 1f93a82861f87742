using System.Text.Json;

namespace CredentialProxy.Tests.Clients;

/// <summary>A coding agent as its user sets it up: a base URL, a token in place of a key, and whatever else the README says.</summary>
internal sealed record Agent
{
    /// <summary>What the mock answers to nine tokens.</summary>
    public const string Answer = "The quick brown fox jumps over the lazy dog";

    private const string Command = "env > environment.txt";

    /// <summary>Its program, below <c>node_modules</c>.</summary>
    public required string Program { get; init; }

    /// <summary>Its arguments.</summary>
    public required string[] Arguments { get; init; }

    /// <summary>Its environment.</summary>
    public required IReadOnlyDictionary<string, string> Environment { get; init; }

    /// <summary>A file in its home directory, and what is in it.</summary>
    public (string Path, string Text)? File { get; init; }

    /// <summary>Where its provider takes a key.</summary>
    public required string Slot { get; init; }

    /// <summary>What is in that slot upstream.</summary>
    public required string Key { get; init; }

    /// <summary>Sets one up.</summary>
    public static Agent Of(string name, string gateway, string token) => name switch
    {
        "claude" => Claude(gateway, token),
        "codex" => Codex(["-c", $"openai_base_url=\"{gateway}/openai/v1\""], "CODEX_API_KEY", token),
        "codex-provider" => Codex([], "PROXY_TOKEN", token) with { File = (".codex/config.toml", CodexSettings(gateway)) },
        "gemini" => Gemini(gateway, token),
        _ => throw new ArgumentOutOfRangeException(nameof(name), name, null),
    };

    private static Agent Claude(string gateway, string token) => new()
    {
        Program = "@anthropic-ai/claude-code/cli-wrapper.cjs",
        Arguments = ["-p", Task("Bash", new { command = Command }), "--allowedTools", "Bash"],
        Environment = new Dictionary<string, string>
        {
            ["ANTHROPIC_BASE_URL"] = gateway + "/anthropic",
            ["ANTHROPIC_AUTH_TOKEN"] = token,
            ["CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC"] = "1",
        },
        Slot = "x-api-key",
        Key = "sk-demo-anthropic-key",
    };

    // Its newer models call tools from a program that they write; the older ones call them one by one, and are offered OpenAI's web search unless it is turned off.
    private static Agent Codex(string[] settings, string variable, string token) => new()
    {
        Program = "@openai/codex/bin/codex.js",
        Arguments =
        [
            "exec", .. settings, "-c", "check_for_update_on_startup=false", "-c", "analytics.enabled=false", "--skip-git-repo-check", "--sandbox", "danger-full-access",
            settings.Length > 0 ? Task("exec", new { input = $"text(await tools.exec_command({{ cmd: '{Command}' }}))" }) : Task("exec_command", new { cmd = Command }),
        ],
        Environment = new Dictionary<string, string> { [variable] = token },
        Slot = "authorization",
        Key = "Bearer sk-demo-openai-key",
    };

    private static string CodexSettings(string gateway) => $"""
        model = "gpt-5.5"
        model_provider = "credential-proxy"
        web_search = "disabled"

        [model_providers.credential-proxy]
        name = "CredentialProxy"
        base_url = "{gateway}/openai/v1"
        env_key = "PROXY_TOKEN"
        """;

    private static Agent Gemini(string gateway, string token) => new()
    {
        Program = "@google/gemini-cli/bundle/gemini.js",
        Arguments = ["--yolo", "-p", Task("run_shell_command", new { command = Command })],
        Environment = new Dictionary<string, string>
        {
            ["GOOGLE_GEMINI_BASE_URL"] = gateway + "/gemini",
            ["GEMINI_API_KEY"] = token,
            ["GEMINI_CLI_TRUST_WORKSPACE"] = "true",
            ["GEMINI_CLI_NO_RELAUNCH"] = "true",
        },
        File = (".gemini/settings.json", """{"security":{"auth":{"selectedType":"gemini-api-key"}},"privacy":{"usageStatisticsEnabled":false},"general":{"enableAutoUpdate":false}}"""),
        Slot = "x-goog-api-key",
        Key = "sk-demo-gemini-key",
    };

    // The mock calls the tool first, and says the answer when it has the result.
    private static string Task(string tool, object arguments) => $"Do what you are asked: [[call:{tool} {JsonSerializer.Serialize(arguments, Plain)}]] [[tokens:9]]";

    private static readonly JsonSerializerOptions Plain = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
}
