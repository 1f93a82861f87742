namespace CredentialProxy.Gateway.Tracing;

/// <summary>Names of attributes, of spans and of metrics: OpenTelemetry's where it has one (https://github.com/open-telemetry/semantic-conventions-genai), else ours. docs/telemetry.md says what each means.</summary>
internal static class AttributeNames
{
    public const string ErrorType = "error.type";
    public const string Overflow = "otel.metric.overflow";
    public const string HttpRoute = "http.route";
    public const string StatusCode = "http.response.status_code";
    public const string ServerAddress = "server.address";
    public const string ServerPort = "server.port";

    public const string GenAIOperation = "gen_ai.operation.name";
    public const string GenAIProvider = "gen_ai.provider.name";
    public const string GenAIRequestModel = "gen_ai.request.model";
    public const string GenAIResponseModel = "gen_ai.response.model";
    public const string GenAIStream = "gen_ai.request.stream";
    public const string GenAIInputTokens = "gen_ai.usage.input_tokens";
    public const string GenAIOutputTokens = "gen_ai.usage.output_tokens";
    public const string GenAICachedTokens = "gen_ai.usage.cache_read.input_tokens";
    public const string GenAITokenType = "gen_ai.token.type";
    public const string GenAITimeToFirstChunk = "gen_ai.response.time_to_first_chunk";

    public const string RequestId = "credential_proxy.request.id";
    public const string TokenId = "credential_proxy.token.id";
    public const string Project = "credential_proxy.project.id";
    public const string Credential = "credential_proxy.credential.id";
    public const string Endpoint = "credential_proxy.endpoint";
    public const string Refusal = "credential_proxy.refusal";
    public const string Outcome = "credential_proxy.outcome";
    public const string Cost = "credential_proxy.cost.usd";
    public const string Marks = "credential_proxy.usage.marks";
    public const string Account = "credential_proxy.account";
    public const string Unit = "credential_proxy.unit";
    public const string Window = "credential_proxy.window";
}
