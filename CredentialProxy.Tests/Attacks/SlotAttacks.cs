using CredentialProxy.Tests.Running;

namespace CredentialProxy.Tests.Attacks;

/// <summary>A client's token, and whatever else could be taken for a credential, stays on the client's side, wherever it is put.</summary>
[Trait("threat", "key-6")]
[Trait("threat", "key-8")]
[Trait("threat", "key-10")]
[Trait("threat", "fault-14")]
public sealed class SlotAttacks(AttackedProduct attacked) : IClassFixture<AttackedProduct>
{
    private static readonly string[] Slots =
    [
        "x-api-key", "X-Api-Key", "x-goog-api-key", "X-Goog-Api-Key", "api-key", "Api-Key",
    ];

    // Some servers read an underscore as a hyphen, and some read the first of two, some the last, some both.
    private static readonly string[] LookAlikes =
    [
        "X_Api_Key", "x_api_key", "X_Goog_Api_Key", "api_key", "Authorization_", "X-Authorization", "X-Access-Token", "X-Auth-Token", "apikey", "X-Api-Key-Id", "OpenAI-Api-Key", "Anthropic-Api-Key", "openai-organization", "openai-project",
        "Proxy-Authorization", "Cookie", "Cookie2", "X-Client-Cert", "X-SSL-Client-Cert", "X-Forwarded-Client-Cert", "X-ARR-ClientCert", "Ssl-Client-Cert", "Client-Cert", "X-Amz-Security-Token", "X-Goog-IAM-Authorization-Token", "X-CSRF-Token",
    ];

    [Fact]
    public async Task A_token_in_every_place_at_once_goes_nowhere_and_the_key_stands_in_its_slot_alone()
    {
        var lines = string.Concat(Slots.Concat(LookAlikes).Select(name => $"{name}: {attacked.Token}\r\n"));
        var query = $"?key={attacked.Token}&KEY={attacked.Token}&k%65y={attacked.Token}&a=b";
        foreach (var (request, first) in new[]
        {
            (attacked.Chat(AttackedProduct.ChatPath + query, lines), "POST /v1/chat/completions?a=b HTTP/1.1"),
            (attacked.Chat("/gemini/v1beta/models/gemini-2.5-flash:generateContent" + query, lines, """{"contents":[{"role":"user","parts":[{"text":"Hi"}]}]}"""), "POST /v1beta/models/gemini-2.5-flash:generateContent?a=b HTTP/1.1"),
            (attacked.Get("/query/things" + query + "&access=mine&ACCESS=mine&%61ccess=mine", lines), $"GET /base/path/things?a=b&access={AttackedProduct.Key} HTTP/1.1"),
        })
        {
            attacked.Upstream.Forget();
            Assert.StartsWith("HTTP/1.1 200 ", await RawConnection.AskAsync(attacked.Gateway, request), StringComparison.Ordinal);
            var seen = Assert.Single(attacked.Upstream.Requests);
            Assert.StartsWith(first + "\r\n", seen, StringComparison.Ordinal);
            Assert.DoesNotContain(attacked.Token, seen, StringComparison.Ordinal);
            Assert.Equal(2, seen.Split(AttackedProduct.Key).Length);
            Assert.DoesNotContain(LookAlikes, name => seen.Contains("\n" + name + ":", StringComparison.OrdinalIgnoreCase));
        }
    }

    [Theory]
    [InlineData("Authorization: Bearer {token}\r\nAuthorization: Bearer other")]
    [InlineData("Authorization: Bearer other\r\nauthorization: Bearer {token}")]
    [InlineData("Authorization: Bearer {token}\r\nX-Api-Key: {token}\r\nx-api-key: other")]
    [InlineData("Authorization: Bearer {token}\r\nApi-Key: other")]
    [InlineData("Authorization: Basic b3RoZXI6\r\nx-api-key: {token}")]
    [InlineData("Authorization: Bearer {token}, Bearer other")]
    public async Task Two_different_tokens_are_refused_wherever_they_stand(string lines)
    {
        attacked.Upstream.Forget();
        var request = attacked.Chat().Replace("Authorization: Bearer " + attacked.Token, lines.Replace("{token}", attacked.Token, StringComparison.Ordinal), StringComparison.Ordinal);
        attacked.AssertNothingArrived(await RawConnection.AskAsync(attacked.Gateway, request));
    }

    [Fact]
    public async Task A_look_alike_of_a_slot_is_no_slot()
    {
        attacked.Upstream.Forget();
        foreach (var name in LookAlikes)
        {
            var request = attacked.Chat().Replace("Authorization: Bearer ", name + ": ", StringComparison.Ordinal);
            Assert.StartsWith("HTTP/1.1 401 ", await RawConnection.AskAsync(attacked.Gateway, request), StringComparison.Ordinal);
        }
        Assert.Empty(attacked.Upstream.Requests);
    }
}
