using System.Text.Json.Nodes;
using CredentialProxy.Tests.Running;

namespace CredentialProxy.Tests.Gateway.Slots;

/// <summary>A client's token is found wherever an SDK may put it, for every provider alike; the upstream sees the key where it looks for it, and the token nowhere.</summary>
public sealed class SlotTests(Product product) : IClassFixture<Product>
{
    private const string Token = "{token}";

    // As they stand on the wire: HTTP/1.1 knows no letter case in names, and clients differ.
    private static readonly string[] Headers =
    [
        "Authorization: Bearer {token}", "authorization: bearer {token}", "AUTHORIZATION: BEARER {token}",
        "x-api-key: {token}", "X-Api-Key: {token}", "X-API-KEY: {token}",
        "x-goog-api-key: {token}", "X-Goog-Api-Key: {token}",
        "api-key: {token}", "Api-Key: {token}",
    ];

    private static readonly string[] Queries = ["key={token}", "KEY={token}", "Key={token}", "k%65y={token}", "other=1&key={token}&more=2"];

    public static MatrixTheoryData<string, string> EveryHeader => new(ProviderCall.Providers, Headers);

    public static MatrixTheoryData<string, string> EveryQuery => new(ProviderCall.Providers, Queries);

    [Theory]
    [MemberData(nameof(EveryHeader))]
    public async Task A_token_in_a_header_slot_is_swapped_for_the_key(string provider, string header)
    {
        var token = await product.MintAsync();
        await AssertIsSwappedAsync(provider, token, ProviderCall.Of(provider).Path, header.Replace(Token, token, StringComparison.Ordinal) + "\r\n");
    }

    [Theory]
    [MemberData(nameof(EveryQuery))]
    public async Task A_token_in_the_query_is_swapped_for_the_key(string provider, string query)
    {
        var token = await product.MintAsync();
        var seen = await AssertIsSwappedAsync(provider, token, $"{ProviderCall.Of(provider).Path}?{query.Replace(Token, token, StringComparison.Ordinal)}", "");
        Assert.Equal(query.StartsWith("other", StringComparison.Ordinal) ? "?other=1&more=2" : "", (string?)seen["query"]);
    }

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task The_same_token_in_every_slot_at_once_counts_once_and_leaves_all_of_them(string provider)
    {
        var token = await product.MintAsync();
        var headers = $"Authorization: Bearer {token}\r\nx-api-key: {token}\r\nX-Goog-Api-Key: {token}\r\napi-key: {token}\r\nCookie: session={token}\r\nProxy-Authorization: Bearer {token}\r\n";
        await AssertIsSwappedAsync(provider, token, $"{ProviderCall.Of(provider).Path}?key={token}&KEY={token}", headers);
    }

    public static TheoryData<string> Providers => [.. ProviderCall.Providers];

    public static TheoryData<string, string> PairsOfSlots => new()
    {
        { "Authorization: Bearer {token}", "x-api-key: {other}" },
        { "Authorization: Bearer {token}", "x-goog-api-key: {other}" },
        { "Authorization: Bearer {token}", "API-KEY: {other}" },
        { "x-api-key: {token}", "x-goog-api-key: {other}" },
        { "x-goog-api-key: {token}", "api-key: {other}" },
        { "x-api-key: {token}", "X-Api-Key: {other}" },
        { "Authorization: Bearer {token}", "Authorization: Bearer {other}" },
        { "?key={token}", "x-goog-api-key: {other}" },
        { "?key={token}", "Authorization: Bearer {other}" },
        { "?key={token}&key={other}", "" },
        { "?key={token}&KEY={other}", "" },
        { "Authorization: Basic dXNlcjpwYXNz", "x-api-key: {token}" },
    };

    [Theory]
    [MemberData(nameof(PairsOfSlots))]
    public async Task Different_tokens_in_two_slots_are_refused_and_neither_is_sent_on(string first, string second)
    {
        await product.ForgetAsync();
        var (token, other) = (await product.MintAsync(), await product.MintAsync());
        foreach (var provider in ProviderCall.Providers)
        {
            var call = ProviderCall.Of(provider);
            var query = first.StartsWith('?') ? Fill(first) : "";
            var headers = (query.Length > 0 ? "" : Fill(first) + "\r\n") + (second.Length > 0 ? Fill(second) + "\r\n" : "");
            var answer = await RawClient.SendAsync(product.Gateway, RawClient.Post(product.Gateway, call.Path + query, headers, call.Body("Hi", 16, false).ToJsonString()));
            Assert.DoesNotContain(token, answer, StringComparison.Ordinal);
            Assert.StartsWith("HTTP/1.1 400 ", answer, StringComparison.Ordinal);
            Assert.Contains("x-credential-proxy-error: conflicting_tokens", answer, StringComparison.Ordinal);
            Assert.Contains("x-should-retry: false", answer, StringComparison.Ordinal);
            Refused.AssertBody(answer[(answer.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4)..], provider, 400, "conflicting_tokens");
        }
        Assert.Empty(await product.CapturedAsync());
        Assert.Equal(0, product.Host.Ledger.OpenReservations);
        product.AssertNothingFailed();

        string Fill(string slot) => slot.Replace(Token, token, StringComparison.Ordinal).Replace("{other}", other, StringComparison.Ordinal);
    }

    private async Task<JsonNode> AssertIsSwappedAsync(string provider, string token, string target, string headers)
    {
        await product.ForgetAsync();
        var call = ProviderCall.Of(provider);

        var answer = await RawClient.SendAsync(product.Gateway, RawClient.Post(product.Gateway, target, headers, call.Body("Hi", 16, false).ToJsonString()));

        Assert.StartsWith("HTTP/1.1 200 ", answer, StringComparison.Ordinal);
        var seen = Assert.Single(await product.CapturedAsync())!;
        Assert.Equal((call.UpstreamPath, call.KeyOf(provider)), ((string?)seen["path"], (string?)seen["headers"]![call.Slot]));
        Assert.DoesNotContain(token, seen.ToJsonString(), StringComparison.Ordinal);
        Assert.Single(seen["headers"]!.AsObject(), header => header.Value!.ToString().Contains("sk-demo", StringComparison.Ordinal));
        return seen;
    }
}
