using System.Globalization;
using System.Text.Json.Nodes;
using CredentialProxy.Benchmarks.Throughput;

namespace CredentialProxy.Benchmarks.Attacks;

/// <summary>What the mock provider did for one model: the truth that accounts are held against.</summary>
/// <param name="Arrived">Requests that arrived, answered or not.</param>
/// <param name="Now">Requests under way.</param>
/// <param name="Most">The most that were under way at a time.</param>
/// <param name="Input">Input tokens read.</param>
/// <param name="Output">Output tokens produced.</param>
internal readonly record struct Truth(long Arrived, int Now, int Most, long Input, long Output);

/// <summary>The mock provider as a process of its own.</summary>
internal sealed class MockProcess : IDisposable
{
    private readonly ChildProcess _process;
    private readonly HttpClient _control;

    private MockProcess(ChildProcess process, string address)
    {
        _process = process;
        Address = address;
        _control = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = new Uri(address) };
    }

    public string Address { get; }

    public static async Task<MockProcess> StartAsync(int port)
    {
        var process = ChildProcess.Start(
            "dotnet", [Path.Combine(AppContext.BaseDirectory, "CredentialProxy.MockProvider.dll")], new Dictionary<string, string> { ["PORT"] = port.ToString(CultureInfo.InvariantCulture) });
        var mock = new MockProcess(process, $"http://127.0.0.1:{port}");
        await Product.WaitUntilServingAsync(new Uri(mock.Address));
        return mock;
    }

    /// <summary>What it did for a model so far.</summary>
    public async Task<Truth> TruthAsync(string model)
    {
        var underWay = Find(await _control.GetFromJsonAsync<JsonArray>("/__underway"), model);
        var usage = Find(await _control.GetFromJsonAsync<JsonArray>("/__usage"), model);
        return new Truth(
            (long?)underWay?["arrived"] ?? 0, (int?)underWay?["now"] ?? 0, (int?)underWay?["most"] ?? 0, (long?)usage?["input"] ?? 0, (long?)usage?["output"] ?? 0);
    }

    /// <summary>The same once nothing is under way any more and nothing new has come for a moment.</summary>
    public async Task<Truth> FinalTruthAsync(string model)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        var before = await TruthAsync(model);
        while (true)
        {
            await Task.Delay(30, patience.Token);
            var truth = await TruthAsync(model);
            if (truth.Now == 0 && truth == before)
            {
                return truth;
            }
            before = truth;
        }
    }

    /// <summary>What it did for each model, once nothing is under way any more.</summary>
    public async Task<IReadOnlyDictionary<string, Truth>> FinalTruthsAsync()
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        JsonArray underWay;
        while ((underWay = (await _control.GetFromJsonAsync<JsonArray>("/__underway", patience.Token))!).Any(entry => (int)entry!["now"]! > 0))
        {
            await Task.Delay(100, patience.Token);
        }
        var usage = (await _control.GetFromJsonAsync<JsonArray>("/__usage"))!.ToLookup(entry => (string)entry!["model"]!);
        return underWay.ToDictionary(entry => (string)entry!["model"]!, entry =>
        {
            var produced = usage[(string)entry!["model"]!].ToList();
            return new Truth((long)entry["arrived"]!, 0, (int)entry["most"]!, produced.Sum(part => (long)part!["input"]!), produced.Sum(part => (long)part!["output"]!));
        });
    }

    /// <summary>How many requests came with each key.</summary>
    public async Task<IReadOnlyDictionary<string, long>> RequestsByKeyAsync() =>
        (await _control.GetFromJsonAsync<JsonArray>("/__usage"))!.GroupBy(entry => (string)entry!["key"]!).ToDictionary(group => group.Key, group => group.Sum(entry => (long)entry!["requests"]!));

    /// <summary>Has something go wrong with requests to come, as <c>PUT /__faults</c> takes it.</summary>
    public async Task AddFaultAsync(string rule)
    {
        using var answer = await _control.PutAsync("/__faults", new StringContent(rule));
        answer.EnsureSuccessStatusCode();
    }

    public void Dispose()
    {
        _control.Dispose();
        _process.Dispose();
    }

    private static JsonNode? Find(JsonArray? entries, string model) => entries!.FirstOrDefault(entry => (string?)entry!["model"] == model);
}
