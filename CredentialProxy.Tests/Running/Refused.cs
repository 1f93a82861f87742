using System.Net;
using System.Text.Json.Nodes;

namespace CredentialProxy.Tests.Running;

/// <summary>Holds a refusal against what the provider's SDKs and our own contract expect of it.</summary>
internal static class Refused
{
    /// <summary>Asserts status, headers, and a small body of the provider's shape that holds the code.</summary>
    public static async Task AssertAsync(HttpResponseMessage answer, string provider, HttpStatusCode status, string code)
    {
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.StatusCode == status, $"{answer.StatusCode} where {status} was due: {text}");
        Assert.Equal(code, answer.Headers.GetValues("x-credential-proxy-error").Single());
        Assert.StartsWith("req_", answer.Headers.GetValues("x-credential-proxy-request-id").Single(), StringComparison.Ordinal);
        Assert.Equal("application/json", answer.Content.Headers.ContentType!.MediaType);
        Assert.True(text.Length < 1024);
        AssertBody(text, provider, (int)status, code);
    }

    /// <summary>Asserts the body alone.</summary>
    public static void AssertBody(string text, string provider, int status, string code)
    {
        var body = JsonNode.Parse(text)!;
        var error = body["error"]!;
        Assert.NotEqual("", (string?)error["message"]);
        switch (provider)
        {
            case "anthropic":
                Assert.Equal(("error", code), ((string?)body["type"], (string?)error["code"]));
                Assert.EndsWith("_error", (string?)error["type"] + (status == 413 ? "_error" : ""), StringComparison.Ordinal);
                Assert.StartsWith("req_", (string?)body["request_id"], StringComparison.Ordinal);
                break;
            case "gemini":
                Assert.Equal((status, code), ((int)error["code"]!, (string?)error["details"]![0]!["metadata"]!["code"]));
                Assert.Matches("^[A-Z_]+$", (string?)error["status"]);
                break;
            case "openrouter":
                Assert.Equal((status, code), ((int)error["code"]!, (string?)error["metadata"]!["code"]));
                break;
            default:
                Assert.Equal(code, (string?)error["code"]);
                Assert.True(error.AsObject().ContainsKey("param") && error["type"] is not null);
                break;
        }
    }

    /// <summary>Asserts that a stream's last event is an error that the provider's SDKs take for one.</summary>
    public static void AssertLastEvent(IReadOnlyList<string> events, string provider, int status, string code)
    {
        var lines = events[^1].Split('\n');
        Assert.Equal(provider == "anthropic" ? ["event: error"] : [], lines[..^1]);
        AssertBody(lines[^1]["data: ".Length..], provider, status, code);
    }
}
