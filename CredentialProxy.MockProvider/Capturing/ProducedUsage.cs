namespace CredentialProxy.MockProvider.Capturing;

/// <summary>What has been produced, by key and model; of a stream that was cut, what had been written.</summary>
internal sealed class ProducedUsage
{
    private const int Capacity = 100_000;

    private readonly Lock _lock = new();
    private readonly Dictionary<(string Key, string Model), Totals> _totals = [];

    public void AddRequest(string key, string model, int input)
    {
        lock (_lock)
        {
            var totals = Of(key, model);
            totals.Requests++;
            totals.Input += input;
        }
    }

    public void AddOutput(string key, string model, int output)
    {
        lock (_lock)
        {
            Of(key, model).Output += output;
        }
    }

    public object[] All()
    {
        lock (_lock)
        {
            return [.. _totals.Select(pair => new { key = pair.Key.Key, model = pair.Key.Model, requests = pair.Value.Requests, input = pair.Value.Input, output = pair.Value.Output })];
        }
    }

    public void Clear()
    {
        lock (_lock)
        {
            _totals.Clear();
        }
    }

    private Totals Of(string key, string model)
    {
        if (!_totals.TryGetValue((key, model), out var totals))
        {
            if (_totals.Count >= Capacity)
            {
                _totals.Clear();
            }
            _totals[(key, model)] = totals = new Totals();
        }
        return totals;
    }

    private sealed class Totals
    {
        public long Requests { get; set; }

        public long Input { get; set; }

        public long Output { get; set; }
    }
}
