using CredentialProxy.Benchmarks.Chaos.Breaking;

/// <summary>
/// Runs in a gateway before anything of its own, as <c>DOTNET_STARTUP_HOOKS</c> has it, which wants the type to have this name and no namespace. It breaks the gateway's accounts. The product
/// has nothing of this: without this assembly no setting can do it.
/// </summary>
internal static class StartupHook
{
    public const string BreakageName = "CHAOS_BREAKAGE";

    public static void Initialize() => BrokenScripts.Use(Enum.Parse<Breakage>(Environment.GetEnvironmentVariable(BreakageName)!));
}
