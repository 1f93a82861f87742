using System.Collections.Concurrent;
using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using CredentialProxy.Benchmarks.Attacks.Memory;
using CredentialProxy.Benchmarks.Neighbours;
using CredentialProxy.Benchmarks.Throughput;

namespace CredentialProxy.Benchmarks.Attacks.Abuse;

/// <summary>
/// What slow and flooding clients do to a good one that keeps calling, and to the gateway's memory; and whether the provider saw one request of theirs that they
/// were not charged for.
/// </summary>
internal static class AbuseMeasurement
{
    private const int MockPort = 18620;
    private const int GatewayPort = 18621;
    private const int ControlPort = 18622;
    private const int CallsPerSecond = 20;
    private const int AttackersRequests = 5000;
    private const int FileBytes = 1_000_000;
    private const double MostGrowth = 250;
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(5);

    private static string Body(string model) => $$"""{"model":"{{model}}","messages":[{"role":"user","content":"Say something about foxes and dogs."}],"max_tokens":64}""";

    public static async Task<int> RunAsync()
    {
        using var client = new HttpClient(new SocketsHttpHandler { UseProxy = false });
        var bodyFile = Path.GetTempFileName();
        await File.WriteAllTextAsync(bodyFile, Body(Attack.AttackedModel));
        Console.WriteLine($"good client: {CallsPerSecond} calls/s, {Quiet.TotalSeconds:0} s quiet and {Attack.Seconds} s attacked; the attacker's token is good for {AttackersRequests} requests");
        Console.WriteLine("attack                        good calls  failed   quiet p50    p99   attacked p50      p99      max   MB idle   most   seen   charged");
        var hasFailed = false;
        for (var i = 0; i < Attack.All("", bodyFile).Length; i++)
        {
            using var mock = await MockProcess.StartAsync(MockPort);
            using var product = await Product.StartAsync(mock.Address, GatewayPort, ControlPort);
            hasFailed |= !await MeasureAsync(mock, product, client, i, bodyFile);
        }
        File.Delete(bodyFile);
        return hasFailed ? 1 : 0;
    }

    private static async Task<bool> MeasureAsync(MockProcess mock, Product product, HttpClient client, int index, string bodyFile)
    {
        var (attackerId, attacker) = await product.MintWithAsync(["files", "account_read"], new { unit = "requests", limit = AttackersRequests, window = "lifetime" });
        var good = await product.MintAsync();
        var attack = Attack.All(await UploadAsync(product, client, attacker), bodyFile)[index];
        await mock.AddFaultAsync($$$"""{"times":1000000,"match":{"path":"/v1/files/*/content"},"fault":{"hugeBytes":{{{FileBytes}}}}}""");
        var failures = new ConcurrentDictionary<string, int>();
        await CallAsync(Quiet);
        var quiet = await CallAsync(Quiet);

        using var watch = new MemoryWatch(product.Process);
        var idle = watch.Read();
        var attacking = attack.RunAsync(product.Gateway, attacker);
        var attacked = await CallAsync(TimeSpan.FromSeconds(Attack.Seconds));
        await attacking;
        var loaded = watch.Read();
        var seen = (await mock.FinalTruthAsync(attack.Model)).Arrived;
        var charged = (long)await product.SpentAsync(attackerId);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{attack.Name,-28} {attacked.Count,11} {attacked.Failures,7} {quiet.Percentile(0.5),11:0.0} {quiet.Percentile(0.99),6:0.0} {attacked.Percentile(0.5),14:0.0} {attacked.Percentile(0.99),8:0.0} {attacked.Percentile(1),8:0.0} {idle.Resident,9:0} {loaded.MostResident,6:0} {seen,6} {charged,9}"));
        foreach (var (failure, count) in failures)
        {
            Console.WriteLine($"  {count} calls failed: {failure}");
        }
        return attacked.Failures == 0 && quiet.Failures == 0 && seen <= charged && loaded.MostResident - idle.Resident <= MostGrowth;

        async Task<Latencies> CallAsync(TimeSpan duration)
        {
            var latencies = new Latencies();
            await latencies.MeasureAsync(() => CallOnceAsync(product, client, good, failures), CallsPerSecond, duration);
            return latencies;
        }
    }

    private static async Task<string> UploadAsync(Product product, HttpClient client, string token)
    {
        using var form = new MultipartFormDataContent { { new StringContent("notes"), "file", "notes.txt" }, { new StringContent("batch"), "purpose" } };
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(product.Gateway, "/v1/files"))
        {
            Content = form,
            Headers = { Authorization = new AuthenticationHeaderValue("Bearer", token) },
        };
        using var answer = await client.SendAsync(request);
        answer.EnsureSuccessStatusCode();
        return (string)(await answer.Content.ReadFromJsonAsync<JsonNode>())!["id"]!;
    }

    private static async Task<bool> CallOnceAsync(Product product, HttpClient client, string token, ConcurrentDictionary<string, int> failures)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(product.Gateway, "/v1/chat/completions"))
        {
            Content = new StringContent(Body("gpt-4o-mini"), Encoding.UTF8, "application/json"),
            Headers = { Authorization = new AuthenticationHeaderValue("Bearer", token) },
        };
        try
        {
            using var answer = await client.SendAsync(request);
            return answer.IsSuccessStatusCode || Failed($"{(int)answer.StatusCode} {string.Join(',', answer.Headers.TryGetValues("x-credential-proxy-error", out var codes) ? codes : [])}");
        }
        catch (HttpRequestException e)
        {
            return Failed(e.Message);
        }

        bool Failed(string how)
        {
            failures.AddOrUpdate(how, 1, static (_, count) => count + 1);
            return false;
        }
    }
}
