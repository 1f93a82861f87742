using System.Globalization;

namespace CredentialProxy.Benchmarks.Throughput;

/// <summary>What telemetry costs: the product without any, and sampling nothing, a hundredth and all of its requests, in turn. An nginx that answers everything stands in for the collector.</summary>
internal static class TracingComparison
{
    private const int NginxPort = 18590;
    private const int CollectorPort = 18591;
    private const int FirstPort = 18592;
    private const int Repeats = 5;
    private const int WarmUps = 2;

    private sealed record Variant(string Name, Product Product, Wrk Wrk)
    {
        public List<Throughput> Measured { get; } = [];

        public double Bytes { get; set; }

        public Task<Throughput> LoadAsync(int seconds) => Wrk.LoadAsync(Product.Process, Product.Gateway, seconds);
    }

    public static async Task<int> RunAsync(int seconds)
    {
        using var upstream = StaticUpstream.Start(NginxPort);
        using var collector = StaticUpstream.Start(CollectorPort);
        var variants = new List<Variant>();
        try
        {
            await StartAsync(variants, upstream, "no telemetry");
            await StartAsync(variants, upstream, "metrics alone", Telemetry(collector, ("OTEL_TRACES_EXPORTER", "none"), ("OTEL_LOGS_EXPORTER", "none")));
            foreach (var (name, ratio) in new[] { ("0 % traced", "0"), ("1 % traced", "0.01"), ("100 % traced", "1") })
            {
                await StartAsync(variants, upstream, name, Telemetry(collector, ("OTEL_TRACES_SAMPLER", "traceidratio"), ("OTEL_TRACES_SAMPLER_ARG", ratio)));
            }
            await MeasureAsync(variants, seconds);
        }
        finally
        {
            foreach (var variant in variants)
            {
                variant.Wrk.Dispose();
                variant.Product.Dispose();
            }
        }
        return 0;
    }

    private static async Task StartAsync(List<Variant> variants, StaticUpstream upstream, string name, params (string, string)[] settings)
    {
        var port = FirstPort + (2 * variants.Count);
        var product = await Product.StartAsync(upstream.Address, port, port + 1, "Warning", settings);
        variants.Add(new Variant(name, product, new Wrk(await product.MintAsync())));
    }

    private static (string, string)[] Telemetry(StaticUpstream collector, params (string, string)[] more) =>
        [("OTEL_EXPORTER_OTLP_ENDPOINT", collector.Address), ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"), .. more];

    private static async Task MeasureAsync(List<Variant> variants, int seconds)
    {
        Console.WriteLine("warming up …");
        for (var i = 0; i < WarmUps; i++)
        {
            foreach (var variant in variants)
            {
                await variant.LoadAsync(seconds);
            }
        }
        for (var i = 1; i <= Repeats; i++)
        {
            foreach (var variant in variants)
            {
                variant.Measured.Add(await variant.LoadAsync(seconds));
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{i}  {variant.Name,-14} {variant.Measured[^1].RequestsPerSecond,8:0} req/s {variant.Measured[^1].CpuMicrosecondsPerRequest,8:0.0} µs CPU/req"));
            }
        }
        foreach (var variant in variants)
        {
            variant.Bytes = await AllocationWatch.PerRequestAsync(variant.Product.Process, () => variant.LoadAsync(seconds));
        }
        Console.WriteLine($"{"",-14} {"req/s",8} {"CPU/req",8}   of that without telemetry, medians of {Repeats} turns; bytes allocated per request");
        foreach (var variant in variants)
        {
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{variant.Name,-14} {Ratio(variants[0], variant, load => load.RequestsPerSecond),8:0.000} {Ratio(variants[0], variant, load => load.CpuMicrosecondsPerRequest),8:0.000}   {variant.Bytes:0}"));
        }
    }

    private static double Ratio(Variant first, Variant second, Func<Throughput, double> of) =>
        Turns.Median(first.Measured.Zip(second.Measured, (one, other) => of(other) / of(one)));
}
