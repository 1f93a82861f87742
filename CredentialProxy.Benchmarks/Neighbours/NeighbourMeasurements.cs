using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using CredentialProxy.Benchmarks.Throughput;

namespace CredentialProxy.Benchmarks.Neighbours;

/// <summary>
/// How long one token's requests take while another token floods the gateway at a hundred times its limit, over several connections: quiet and flooded in
/// turn, so that both meet the same machine. Fails when the neighbour's 99th percentile is more than twice its quiet one, or one of its requests fails.
/// </summary>
internal static class NeighbourMeasurements
{
    private const int NginxPort = 18600;
    private const int GatewayPort = 18601;
    private const int ControlPort = 18602;
    private const int LimitPerSecond = 10;
    private const int NeighbourPerSecond = 50;
    private const int Connections = 16;
    private const int Rounds = 5;
    private const double MostRatio = 2;
    private const string Body = """{"model":"gpt-4o-mini","messages":[{"role":"user","content":"Say something about foxes and dogs."}],"max_tokens":64}""";

    public static async Task<int> RunAsync(int seconds)
    {
        using var upstream = StaticUpstream.Start(NginxPort);
        using var product = await Product.StartAsync(upstream.Address, GatewayPort, ControlPort, logLevel: "Information");
        var neighbour = await product.MintAsync();
        using var client = new HttpClient(new SocketsHttpHandler { UseProxy = false });
        var floods = await FloodsAsync(product);
        Console.WriteLine($"neighbour: {NeighbourPerSecond} requests/s; flood: {100 * LimitPerSecond} requests/s over {Connections} connections; {Rounds} rounds of {seconds} s quiet and {seconds} s flooded");
        Console.WriteLine("flood of                      quiet p50    p99   flooded p50    p99   p99 ratio (median)   answers/s   refused   CPU µs/answer   neighbour failed   log lines");
        await MeasureAsync("(warming up)", floods[0].Make, rounds: 1);
        var isWithin = true;
        foreach (var (name, make) in floods)
        {
            isWithin &= await MeasureAsync(name, make, Rounds);
        }
        return isWithin ? 0 : 1;

        async Task<bool> MeasureAsync(string name, Func<IFlood> make, int rounds)
        {
            var (quiet, flooded, ratios) = (new List<Latencies>(), new List<Latencies>(), new List<double>());
            var (answers, refused, cpu) = (0, 0, TimeSpan.Zero);
            var linesBefore = product.Process.OutputLines;
            for (var round = 0; round < rounds; round++)
            {
                quiet.Add(await RoundAsync());
                var flood = make();
                using var stop = new CancellationTokenSource();
                var cpuBefore = product.Process.CpuTime();
                var flooding = flood.RunAsync(stop.Token);
                flooded.Add(await RoundAsync());
                await stop.CancelAsync();
                await flooding;
                cpu += product.Process.CpuTime() - cpuBefore;
                answers += flood.Answers;
                refused += flood.Answers - flood.AnswersOf(200);
                ratios.Add(flooded[^1].Percentile(0.99) / quiet[^1].Percentile(0.99));
            }
            var ratio = ratios.Order().ElementAt(ratios.Count / 2);
            var failed = flooded.Sum(latencies => latencies.Failures) + quiet.Sum(latencies => latencies.Failures);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{name,-28} {Median(quiet, 0.5),8:0.00} {Median(quiet, 0.99),8:0.00}   {Median(flooded, 0.5),9:0.00} {Median(flooded, 0.99),8:0.00}   {ratio,18:0.00}   {answers / (double)(rounds * seconds),9:0}   {100.0 * refused / Math.Max(1, answers),6:0.0}%   {cpu.TotalMicroseconds / Math.Max(1, answers + (rounds * seconds * NeighbourPerSecond)),13:0}   {failed,16}   {product.Process.OutputLines - linesBefore,9}"));
            return ratio <= MostRatio && failed == 0;
        }

        async Task<Latencies> RoundAsync()
        {
            var latencies = new Latencies();
            await latencies.MeasureAsync(SendAsync, NeighbourPerSecond, TimeSpan.FromSeconds(seconds));
            return latencies;
        }

        async Task<bool> SendAsync()
        {
            using var message = new HttpRequestMessage(HttpMethod.Post, new Uri(product.Gateway, "/v1/chat/completions"))
            {
                Content = new StringContent(Body, Encoding.UTF8, "application/json"),
                Headers = { Authorization = new AuthenticationHeaderValue("Bearer", neighbour) },
            };
            using var answer = await client.SendAsync(message);
            return answer.IsSuccessStatusCode;
        }
    }

    // One for each way of being refused.
    private static async Task<(string Name, Func<IFlood> Make)[]> FloodsAsync(Product product)
    {
        var perSecond = await product.MintAsync(new { unit = "requests", limit = LimitPerSecond, window = "second" });
        var perMinute = await product.MintAsync(new { unit = "requests", limit = LimitPerSecond * 60, window = "minute" });
        var spent = await product.MintAsync(new { unit = "tokens", limit = 1, window = "lifetime" });
        var concurrent = await product.MintAsync(new { unit = "concurrent", limit = 1 });

        return
        [
            ("rate limit, per second", () => Raw(_ => Chat(perSecond))),
            ("rate limit, per minute", () => Raw(_ => Chat(perMinute))),
            ("rate limit, over HTTP/2", () => new Http2Flood(new Uri(product.Gateway, "/v1/chat/completions"), perSecond, Body, 100 * LimitPerSecond)),
            ("spent budget", () => Raw(_ => Chat(spent))),
            ("one at a time", () => Raw(_ => Chat(concurrent))),
            ("one unknown token", () => Raw(_ => Chat("ptk_nobody-has-ever-made-this"))),
            ("ever new unknown tokens", () => Raw(i => Chat($"ptk_nobody-{i}"))),
        ];

        IFlood Raw(Func<int, string> request) => new Flood(product.Gateway, request, Connections, 100 * LimitPerSecond);
    }

    private static double Median(List<Latencies> rounds, double percentile) => rounds.Select(latencies => latencies.Percentile(percentile)).Order().ElementAt(rounds.Count / 2);

    private static string Chat(string token) =>
        $"POST /v1/chat/completions HTTP/1.1\r\nHost: gateway\r\nAuthorization: Bearer {token}\r\nContent-Type: application/json\r\nContent-Length: {Body.Length}\r\n\r\n{Body}";
}
