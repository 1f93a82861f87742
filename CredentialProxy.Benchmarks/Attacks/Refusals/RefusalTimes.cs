using System.Diagnostics;
using System.Globalization;
using System.Net;
using CredentialProxy.Benchmarks.Neighbours;
using CredentialProxy.Benchmarks.Throughput;

namespace CredentialProxy.Benchmarks.Attacks.Refusals;

/// <summary>
/// Whether the time that a refusal takes tells why: tokens that never were beside those that were deleted, forged ones beside each other. Each kind in turn, so that all meet the same machine. Fails when
/// the medians of a group are further apart than a network would ever show.
/// </summary>
internal static class RefusalTimes
{
    private const int UpstreamPort = 18630;
    private const int GatewayPort = 18631;
    private const int ControlPort = 18632;

    /// <summary>Medians further apart than this part of the least, and than this many microseconds, count as telling.</summary>
    private const double MostApart = 0.15;
    private const double MostApartMicroseconds = 25;

    public static async Task<int> RunAsync(int looks)
    {
        using var product = await Product.StartAsync(
            $"http://127.0.0.1:{UpstreamPort}", GatewayPort, ControlPort, logLevel: "Error",
            // Every token is looked at, none from memory.
            ("Gateway__MaxFailedTokensPerAddress", "1000000"), ("Gateway__UnknownTokenSeconds", "0"));
        using var client = new HttpClient(new SocketsHttpHandler { UseProxy = false });
        var kinds = await RefusedTokens.MakeAsync(product, looks);
        var times = kinds.ToDictionary(kind => kind.Name, _ => new Latencies());
        foreach (var isWarm in new[] { false, true })
        {
            for (var i = 0; i < looks; i++)
            {
                foreach (var kind in kinds)
                {
                    var elapsed = await LookAsync(client, product.Gateway, kind.Token(i));
                    if (isWarm)
                    {
                        times[kind.Name].Add(elapsed);
                    }
                }
            }
        }
        Console.WriteLine($"{looks} looks at each kind, in turn");
        Console.WriteLine("token                          group        p10      p50      p90   microseconds");
        foreach (var kind in kinds)
        {
            var all = times[kind.Name];
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{kind.Name,-30} {kind.Group,-9} {Micro(all, 0.1),7:0} {Micro(all, 0.5),8:0} {Micro(all, 0.9),8:0}"));
        }
        var isWithin = true;
        foreach (var group in kinds.GroupBy(kind => kind.Group))
        {
            var medians = group.Select(kind => Micro(times[kind.Name], 0.5)).ToList();
            var apart = medians.Max() - medians.Min();
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{group.Key}: medians {apart:0} microseconds apart"));
            isWithin &= apart <= Math.Max(MostApartMicroseconds, medians.Min() * MostApart);
        }
        return isWithin ? 0 : 1;
    }

    private static double Micro(Latencies times, double part) => times.Percentile(part) * 1000;

    private static async Task<TimeSpan> LookAsync(HttpClient client, Uri gateway, string token)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(gateway, "/v1/models"));
        request.Headers.TryAddWithoutValidation("x-api-key", token);
        var start = Stopwatch.GetTimestamp();
        using var answer = await client.SendAsync(request);
        var elapsed = Stopwatch.GetElapsedTime(start);
        return answer.StatusCode == HttpStatusCode.Unauthorized ? elapsed : throw new InvalidOperationException($"A token that proves nothing was answered {answer.StatusCode}.");
    }
}
