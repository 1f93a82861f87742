using System.Diagnostics;
using System.Diagnostics.Metrics;
using CredentialProxy.Core.Limits;
using CredentialProxy.Core.Usage;
using CredentialProxy.Gateway.Tracing;
using CredentialProxy.ServiceDefaults.Telemetry;

namespace CredentialProxy.Gateway.Measuring;

/// <summary>What is measured of usage that was settled: tokens and dollars, by provider, model and project.</summary>
internal sealed class SpendingMeters
{
    // https://github.com/open-telemetry/semantic-conventions-genai/blob/main/docs/gen-ai/gen-ai-metrics.md
    private static readonly InstrumentAdvice<long> Tokens = new() { HistogramBucketBoundaries = [1, 4, 16, 64, 256, 1_024, 4_096, 16_384, 65_536, 262_144, 1_048_576, 4_194_304, 16_777_216, 67_108_864] };

    private readonly ModelLabels _models;
    private readonly BoundedLabels _projects;
    private readonly Histogram<long> _tokensOfCall;
    private readonly Counter<long> _tokens;
    private readonly Counter<double> _usd;

    public SpendingMeters(IMeterFactory meters, ModelLabels models, TelemetryOptions options)
    {
        _models = models;
        _projects = new BoundedLabels(options.MaxProjects);
        var meter = meters.Create(RequestMeters.Name);
        _tokensOfCall = meter.CreateHistogram("gen_ai.client.token.usage", "{token}", "Input and output tokens of a call to a provider.", tags: null, advice: Tokens);
        _tokens = meter.CreateCounter<long>("credential_proxy.tokens", "{token}", "Tokens that were charged, by provider, model and project.");
        _usd = meter.CreateCounter<double>("credential_proxy.cost", "USD", "Dollars that were charged, by provider, model and project.");
    }

    /// <summary>A request was settled.</summary>
    public void Settled(ProxyRequest request, UsageRecord record)
    {
        if (!_tokens.Enabled || request.Price is null)
        {
            return;
        }
        var tags = new TagList
        {
            { AttributeNames.GenAIProvider, GenAI.ProviderOf(request.Route.Provider) },
            { AttributeNames.GenAIRequestModel, _models.Of(record.Model) },
        };
        var ofCall = tags;
        ofCall.Add(AttributeNames.GenAIOperation, GenAI.OperationOf(request.Route.Endpoint!) ?? BoundedLabels.Other);
        tags.Add(AttributeNames.Project, _projects.Of(record.ProjectId));
        _usd.Add((double)MicroUsd.ToUsd(record.CostMicroUsd), tags);
        Count(record.Usage.InputTokens, "input", tags, ofCall);
        Count(record.Usage.OutputTokens, "output", tags, ofCall);
    }

    private void Count(long tokens, string type, TagList tags, TagList ofCall)
    {
        if (tokens <= 0)
        {
            return;
        }
        tags.Add(AttributeNames.GenAITokenType, type);
        ofCall.Add(AttributeNames.GenAITokenType, type);
        _tokens.Add(tokens, tags);
        _tokensOfCall.Record(tokens, ofCall);
    }
}
