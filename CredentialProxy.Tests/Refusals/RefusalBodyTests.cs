using System.Buffers;
using System.Text.Json.Nodes;
using CredentialProxy.Core.Judging;
using CredentialProxy.Core.Providers;
using CredentialProxy.Gateway;
using CredentialProxy.Gateway.Refusals;
using CredentialProxy.Tests.Running;

namespace CredentialProxy.Tests.Refusals;

public sealed class RefusalBodyTests
{
    public static TheoryData<string, int> Codes => new()
    {
        { "missing_authorization", 401 },
        { "invalid_token", 401 },
        { "token_expired", 401 },
        { "route_provider_mismatch", 400 },
        { "budget_exceeded", 429 },
        { "credential_unavailable", 502 },
        { "accounts_unavailable", 503 },
        { "upstream_timeout", 504 },
        { "request_too_large", 413 },
        { "object_not_found", 404 },
    };

    [Theory]
    [MemberData(nameof(Codes))]
    public void A_code_has_a_stable_name_and_status(string name, int status)
    {
        var code = Enum.GetValues<RefusalCode>().Single(code => RefusalCodes.NameOf(code) == name);
        Assert.Equal(status, RefusalStatus.StatusOf(code));
    }

    [Fact]
    public void OpenAI_clients_find_message_type_and_code()
    {
        var error = Write(ErrorShape.OpenAI)["error"]!;
        Assert.Equal("insufficient_quota", (string?)error["type"]);
        Assert.Equal("budget_exceeded", (string?)error["code"]);
        Assert.Equal("Nothing is left.", (string?)error["message"]);
        Assert.True(error.AsObject().ContainsKey("param"));
    }

    [Fact]
    public void Anthropic_clients_find_type_and_request_id()
    {
        var body = Write(ErrorShape.Anthropic);
        Assert.Equal("error", (string?)body["type"]);
        Assert.Equal("req_1", (string?)body["request_id"]);
        Assert.Equal("billing_error", (string?)body["error"]!["type"]);
        Assert.Equal("budget_exceeded", (string?)body["error"]!["code"]);
    }

    [Fact]
    public void OpenRouter_clients_find_the_status_as_code()
    {
        var error = Write(ErrorShape.OpenRouter)["error"]!;
        Assert.Equal(429, (int)error["code"]!);
        Assert.Equal("budget_exceeded", (string?)error["metadata"]!["code"]);
    }

    [Fact]
    public void Gemini_clients_find_status_and_reason()
    {
        var error = Write(ErrorShape.Gemini)["error"]!;
        Assert.Equal(429, (int)error["code"]!);
        Assert.Equal("RESOURCE_EXHAUSTED", (string?)error["status"]);
        Assert.Equal("BUDGET_EXCEEDED", (string?)error["details"]![0]!["reason"]);
    }

    [Fact]
    public void Gemini_clients_find_when_to_try_again_and_that_it_is_no_use()
    {
        var details = Write(ErrorShape.Gemini, new Refusal(RefusalCode.RateLimitExceeded, "Too fast.") { RetryAfter = TimeSpan.FromSeconds(1.5) })["error"]!["details"]!.AsArray();
        Assert.Equal(["type.googleapis.com/google.rpc.ErrorInfo", "type.googleapis.com/google.rpc.RetryInfo"], details.Select(detail => (string?)detail!["@type"]));
        Assert.Equal("2s", (string?)details[1]!["retryDelay"]);

        details = Write(ErrorShape.Gemini, new Refusal(RefusalCode.BudgetExceeded, "Nothing is left.") { IsFinal = true })["error"]!["details"]!.AsArray();
        Assert.Equal(["type.googleapis.com/google.rpc.ErrorInfo", "type.googleapis.com/google.rpc.QuotaFailure"], details.Select(detail => (string?)detail!["@type"]));
        Assert.Contains("PerDay", (string?)details[1]!["violations"]![0]!["quotaId"], StringComparison.Ordinal);
    }

    [Fact]
    public void A_missing_object_is_told_in_each_provider_s_own_words()
    {
        var refusal = new Refusal(RefusalCode.ObjectNotFound, "There is no such object.");
        Assert.Equal("invalid_request_error", (string?)Write(ErrorShape.OpenAI, refusal)["error"]!["type"]);
        Assert.Equal("not_found_error", (string?)Write(ErrorShape.Anthropic, refusal)["error"]!["type"]);
        Assert.Equal("NOT_FOUND", (string?)Write(ErrorShape.Gemini, refusal)["error"]!["status"]);
        Assert.Equal(404, (int)Write(ErrorShape.OpenRouter, refusal)["error"]!["code"]!);
    }

    public static MatrixTheoryData<RefusalCode, ErrorShape> All => new(Enum.GetValues<RefusalCode>(), Enum.GetValues<ErrorShape>());

    [Theory]
    [MemberData(nameof(All))]
    public void Every_refusal_is_of_the_provider_s_shape_and_under_a_kilobyte_whatever_it_says(RefusalCode code, ErrorShape shape)
    {
        // A name that a client chose, all of it escaped; and a parameter as long as any of ours.
        foreach (var message in new[] { "It is so.", new string('\'', 1000), new string('x', 1000), string.Concat(Enumerable.Repeat("\U0001F98A", 500)) })
        {
            foreach (var (wait, isFinal) in new[] { (TimeSpan.MaxValue, false), (TimeSpan.FromDays(30), true) })
            {
                var refusal = new Refusal(code, message) { RetryAfter = wait, IsFinal = isFinal, Parameter = "extra_body.google.thinking_config.thinking_budget" };
                var output = new ArrayBufferWriter<byte>();
                RefusalBody.Write(output, shape, refusal, RequestIds.Next());
                Assert.InRange(output.WrittenCount, 1, 1023);
                var provider = shape == ErrorShape.OpenAI ? "openai" : shape == ErrorShape.Anthropic ? "anthropic" : shape == ErrorShape.Gemini ? "gemini" : "openrouter";
                Refused.AssertBody(System.Text.Encoding.UTF8.GetString(output.WrittenSpan), provider, RefusalStatus.StatusOf(code), RefusalCodes.NameOf(code));
            }
        }
    }

    [Fact]
    public void A_message_of_ours_is_told_whole()
    {
        const string Message = "'generationConfig.responseModalities' asks for 'image_generation', whose cost can't be bounded, and there is a limit in tokens or dollars to be held. An operator can grant the feature 'image_generation'.";
        foreach (var shape in Enum.GetValues<ErrorShape>())
        {
            Assert.Equal(Message, (string?)Write(shape, new Refusal(RefusalCode.UnmeteredFeature, Message))["error"]!["message"]);
        }
    }

    private static JsonNode Write(ErrorShape shape) => Write(shape, new Refusal(RefusalCode.BudgetExceeded, "Nothing is left."));

    private static JsonNode Write(ErrorShape shape, Refusal refusal)
    {
        var output = new ArrayBufferWriter<byte>();
        RefusalBody.Write(output, shape, refusal, "req_1");
        Assert.True(output.WrittenCount < 1024);
        return JsonNode.Parse(output.WrittenSpan)!;
    }
}
