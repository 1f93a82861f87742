using System.Runtime.InteropServices;
using System.Runtime.Versioning;

/// <summary>Runs in a process under test before anything of its own, as <c>DOTNET_STARTUP_HOOKS</c> has it, which wants the type to have this name and no namespace. SIGCONT then brings the process down.</summary>
internal static class StartupHook
{
    private static PosixSignalRegistration? _registration;

    [UnsupportedOSPlatform("windows")]
    public static void Initialize() => _registration = PosixSignalRegistration.Create(
        PosixSignal.SIGCONT, static _ => ThreadPool.UnsafeQueueUserWorkItem(static _ => throw new InvalidOperationException("Brought down by a test."), null));
}
