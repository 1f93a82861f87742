using System.Globalization;
using CredentialProxy.Benchmarks.Throughput;

namespace CredentialProxy.Benchmarks.Attacks.Abuse;

/// <summary>An attack by a program that is made for it.</summary>
/// <param name="Name">What it is called in the table.</param>
/// <param name="Model">The model that its requests name, by which the mock tells them from others; empty where they name none.</param>
/// <param name="Program">The program.</param>
/// <param name="Arguments">Its arguments, given the address of the gateway and the attacker's token.</param>
internal sealed record Attack(string Name, string Model, string Program, Func<Uri, string, string[]> Arguments)
{
    public const string AttackedModel = "gpt-4o-attacked";
    public const int Seconds = 15;
    private const string Chat = "/v1/chat/completions";
    private const string Slow = "slowhttptest";
    private const string Flood = "h2load";
    private const string SlowConnections = "2000";
    private const string SlowPerSecond = "500";

    private static readonly string Duration = Seconds.ToString(CultureInfo.InvariantCulture);

    /// <summary>All of them. Where a header can't be set, the token goes into the query, which is a slot like the others.</summary>
    /// <param name="fileId">A file of the attacker's, whose content is large.</param>
    /// <param name="bodyFile">A file that has the body of a chat completion in it.</param>
    public static Attack[] All(string fileId, string bodyFile) =>
    [
        new("slow headers", "", Slow, (gateway, token) => Slowly("-H", $"{gateway}v1/models?key={token}", "-i", "2", "-x", "24")),
        new("slow bodies", "", Slow, (gateway, token) => Slowly("-B", $"{new Uri(gateway, Chat)}?key={token}", "-i", "2", "-s", "100000", "-x", "10", "-f", "application/json")),
        new("slow reading", "", Slow, (gateway, token) => Slowly("-X", $"{gateway}v1/files/{fileId}/content?key={token}", "-w", "512", "-y", "1024", "-n", "2", "-z", "16", "-k", "1")),
        new("HTTP/2 flood, no token", AttackedModel, Flood, (gateway, _) => Flooding(gateway, bodyFile)),
        new("HTTP/2 flood, unknown token", AttackedModel, Flood, (gateway, _) => Flooding(gateway, bodyFile, "-H", "authorization: Bearer ptk_nobody-has-ever-made-this")),
        new("HTTP/2 flood, valid token", AttackedModel, Flood, (gateway, token) => Flooding(gateway, bodyFile, "-H", $"authorization: Bearer {token}")),
    ];

    /// <summary>Attacks until its time is over.</summary>
    public Task RunAsync(Uri gateway, string token) => ChildProcess.RunAsync(Program, Arguments(gateway, token));

    private static string[] Slowly(string mode, string address, params string[] further) =>
        [mode, "-c", SlowConnections, "-r", SlowPerSecond, "-l", Duration, "-p", "3", "-u", address, .. further];

    // Ten connections of a hundred streams each, as many as the gateway lets one have.
    private static string[] Flooding(Uri gateway, string bodyFile, params string[] further) =>
        ["-c", "10", "-m", "100", "-D", Duration, "-d", bodyFile, "-H", "content-type: application/json", .. further, new Uri(gateway, Chat).ToString()];
}
