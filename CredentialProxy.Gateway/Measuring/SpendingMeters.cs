using System.Diagnostics.Metrics;
using CredentialProxy.Core.Limits;
using CredentialProxy.Core.Usage;
using CredentialProxy.Gateway.Tracing;
using CredentialProxy.ServiceDefaults.Telemetry;

namespace CredentialProxy.Gateway.Measuring;

/// <summary>What is measured of usage that was settled: tokens and dollars, by provider, model and project.</summary>
internal sealed class SpendingMeters
{
    /// <summary>Combinations that are told apart, beside which all others are one. Each is two of tokens, and OpenTelemetry keeps 2,000.</summary>
    private const int MaxRows = 999;

    // https://github.com/open-telemetry/semantic-conventions-genai/blob/main/docs/gen-ai/gen-ai-metrics.md
    private static readonly InstrumentAdvice<long> Tokens = new() { HistogramBucketBoundaries = [1, 4, 16, 64, 256, 1_024, 4_096, 16_384, 65_536, 262_144, 1_048_576, 4_194_304, 16_777_216, 67_108_864] };

    private readonly ModelLabels _models;
    private readonly BoundedLabels _projects;
    private readonly LabelledRows<Labels, Spent> _spent = new(MaxRows);
    private readonly Histogram<long> _tokensOfCall;
    private readonly ObservableCounter<long> _tokens;
    private readonly ObservableCounter<double> _usd;

    public SpendingMeters(IMeterFactory meters, ModelLabels models, TelemetryOptions options)
    {
        _models = models;
        _projects = new BoundedLabels(options.MaxProjects);
        var meter = meters.Create(RequestMeters.Name);
        _tokensOfCall = meter.CreateHistogram("gen_ai.client.token.usage", "{token}", "Input and output tokens of a call to a provider.", tags: null, advice: Tokens);
        _tokens = meter.CreateObservableCounter("credential_proxy.tokens", ObserveTokens, "{token}", "Tokens that were charged, by provider, model and project.");
        _usd = meter.CreateObservableCounter("credential_proxy.cost", ObserveUsd, "USD", "Dollars that were charged, by provider, model and project.");
    }

    /// <summary>A request was settled.</summary>
    public void Settled(ProxyRequest request, UsageRecord record)
    {
        if (request.Price is null)
        {
            return;
        }
        var (provider, model) = (GenAI.ProviderOf(request.Route.Provider), _models.Of(record.Model));
        if (_tokens.Enabled || _usd.Enabled)
        {
            _spent.Of(new Labels(provider, model, _projects.Of(record.ProjectId))).Add(record);
        }
        if (_tokensOfCall.Enabled)
        {
            var operation = GenAI.OperationOf(request.Route.Endpoint!) ?? BoundedLabels.Other;
            RecordTokens(record.Usage.InputTokens, "input", operation, provider, model);
            RecordTokens(record.Usage.OutputTokens, "output", operation, provider, model);
        }
    }

    private void RecordTokens(long tokens, string type, string operation, string provider, string model)
    {
        if (tokens > 0)
        {
            _tokensOfCall.Record(
                tokens, new(AttributeNames.GenAIProvider, provider), new(AttributeNames.GenAIRequestModel, model), new(AttributeNames.GenAIOperation, operation), new(AttributeNames.GenAITokenType, type));
        }
    }

    private IEnumerable<Measurement<long>> ObserveTokens()
    {
        foreach (var (labels, spent) in _spent.All())
        {
            if (Interlocked.Read(ref spent.InputTokens) is > 0 and var input)
            {
                yield return new Measurement<long>(input, TagsOf(labels, "input"));
            }
            if (Interlocked.Read(ref spent.OutputTokens) is > 0 and var output)
            {
                yield return new Measurement<long>(output, TagsOf(labels, "output"));
            }
        }
    }

    private IEnumerable<Measurement<double>> ObserveUsd() =>
        from row in _spent.All()
        where row.Labels is not null || Interlocked.Read(ref row.Row.MicroUsd) > 0
        select new Measurement<double>((double)MicroUsd.ToUsd(Interlocked.Read(ref row.Row.MicroUsd)), TagsOf(row.Labels));

    private static KeyValuePair<string, object?>[] TagsOf(Labels? labels, string? tokenType = null)
    {
        KeyValuePair<string, object?>[] tags = labels is { } known
            ? [new(AttributeNames.GenAIProvider, known.Provider), new(AttributeNames.GenAIRequestModel, known.Model), new(AttributeNames.Project, known.Project)]
            : [new(AttributeNames.Overflow, true)];
        return tokenType is null ? tags : [.. tags, new(AttributeNames.GenAITokenType, tokenType)];
    }

    private readonly record struct Labels(string Provider, string Model, string Project);

    /// <summary>What was charged; each figure is added to by itself.</summary>
    private sealed class Spent
    {
        public long InputTokens;
        public long OutputTokens;
        public long MicroUsd;

        public void Add(UsageRecord record)
        {
            Interlocked.Add(ref InputTokens, Math.Max(0, record.Usage.InputTokens));
            Interlocked.Add(ref OutputTokens, Math.Max(0, record.Usage.OutputTokens));
            Interlocked.Add(ref MicroUsd, record.CostMicroUsd);
        }
    }
}
