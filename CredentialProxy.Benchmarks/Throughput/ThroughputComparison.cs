using System.Globalization;

namespace CredentialProxy.Benchmarks.Throughput;

/// <summary>A chat completion through the gateway, with a token that has three limits, and through a bare forwarder, in turn.</summary>
internal static class ThroughputComparison
{
    private const int NginxPort = 18590;
    private const int BarePort = 18591;
    private const int GatewayPort = 18592;
    private const int ControlPort = 18593;

    public static async Task<int> RunAsync(int seconds)
    {
        using var upstream = StaticUpstream.Start(NginxPort);
        using var bare = ChildProcess.Start("dotnet", [Path.Combine(AppContext.BaseDirectory, "CredentialProxy.Benchmarks.dll"), "bare", BarePort.ToString(CultureInfo.InvariantCulture), upstream.Address]);
        var bareAddress = new Uri($"http://127.0.0.1:{BarePort}");
        await Product.WaitUntilServingAsync(bareAddress);
        using var product = await Product.StartAsync(upstream.Address, GatewayPort, ControlPort);
        using var wrk = new Wrk(await product.MintAsync());

        await new Turns(
            new Turns.Server("bare", () => wrk.LoadAsync(bare, bareAddress, seconds)),
            new Turns.Server("gateway", () => wrk.LoadAsync(product.Process, product.Gateway, seconds))).RunAsync();

        // Apart from the other figures, since watching has a price.
        var bareBytes = await AllocationWatch.PerRequestAsync(bare, () => wrk.LoadAsync(bare, bareAddress, seconds));
        var gatewayBytes = await AllocationWatch.PerRequestAsync(product.Process, () => wrk.LoadAsync(product.Process, product.Gateway, seconds));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"bytes allocated per request: bare {bareBytes:0}, gateway {gatewayBytes:0}"));
        return 0;
    }
}
