using System.Text;
using CredentialProxy.Core.Storage;
using CredentialProxy.Tests.Running;
using Microsoft.Data.Sqlite;

namespace CredentialProxy.Tests.Attacks;

/// <summary>Whoever has not proved a token does not so much as have a connection opened.</summary>
public sealed class UnprovedTokenAttacks : IAsyncLifetime
{
    private readonly ScriptedUpstream _upstream = new();
    private Product _product = null!;

    public async ValueTask InitializeAsync() => _product = await Product.StartAsync(("Providers:openai:BaseUrl", _upstream.Address), ("Providers:openai:ApiKey", AttackedProduct.Key));

    public async ValueTask DisposeAsync()
    {
        await _product.DisposeAsync();
        await _upstream.DisposeAsync();
    }

    [Fact]
    [Trait("threat", "key-11")]
    public async Task No_socket_is_opened_before_everything_is_proved_and_allowed()
    {
        var good = await _product.MintAsync();
        var revoked = await _product.CreateTokenAsync(new { kind = "proxy" });
        (await _product.Admin.PostAsync($"/api/tokens/{revoked["id"]}/revoke", null)).EnsureSuccessStatusCode();
        var elsewhere = await _product.CreateTokenAsync(new { kind = "proxy", providers = new[] { "anthropic" } });
        var otherModel = await _product.CreateTokenAsync(new { kind = "proxy", models = new[] { "gpt-5" } });
        var otherEndpoint = await _product.CreateTokenAsync(new { kind = "proxy", endpoints = new[] { "POST /v1/embeddings" } });
        var poor = await _product.MintAsync(new { unit = "tokens", limit = 1 });
        string[] requests =
        [
            Post("", ""), Post("Authorization: Bearer ", ""), Post("Authorization: Bearer ptk_unknown_unknown_unknown", ""), Post($"Authorization: Basic {Convert.ToBase64String(Encoding.ASCII.GetBytes("u:" + good))}", ""),
            Post($"Authorization: Bearer {AttackedProduct.Key}", ""), Post("x-api-key: eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0.", ""), Post("", "?key=ptk_unknown_unknown_unknown"), Post($"X_Api_Key: {good}", ""), Post($"Cookie: authorization=Bearer {good}", ""),
            Post($"Proxy-Authorization: Bearer {good}", ""), Post($"Authorization: Bearer {good}\r\nx-api-key: other", ""), Post($"Authorization: Bearer {(string)revoked["token"]!}", ""), Post($"Authorization: Bearer {(string)elsewhere["token"]!}", ""),
            Post($"Authorization: Bearer {(string)otherModel["token"]!}", ""), Post($"Authorization: Bearer {(string)otherEndpoint["token"]!}", ""), Post($"Authorization: Bearer {poor}", ""), Post($"Authorization: Bearer {_product.AdminKey}", ""),
        ];
        foreach (var request in requests)
        {
            Assert.Matches("^HTTP/1.1 4[0-9][0-9] ", await RawConnection.AskAsync(_product.Gateway, request));
        }
        Assert.Equal((0, 0), (_upstream.Connections, _upstream.Requests.Count));

        // The one that is proved shows that the others were not held up by something else.
        Assert.StartsWith("HTTP/1.1 200 ", await RawConnection.AskAsync(_product.Gateway, Post($"Authorization: Bearer {good}", "")), StringComparison.Ordinal);
        Assert.Equal((1, 1), (_upstream.Connections, _upstream.Requests.Count));
    }

    [Fact]
    [Trait("threat", "key-10")]
    public async Task What_is_stored_of_a_token_is_not_a_token()
    {
        await _product.MintAsync();
        var forms = new List<string>();
        await using (var database = new SqliteConnection(EmbeddedStorage.ConnectionString(Path.Combine(_product.DataDirectory, "credential-proxy.db"))))
        {
            await database.OpenAsync();
            await using var query = database.CreateCommand();
            query.CommandText = "SELECT * FROM tokens";
            await using var rows = await query.ExecuteReaderAsync();
            while (await rows.ReadAsync())
            {
                for (var i = 0; i < rows.FieldCount; i++)
                {
                    switch (rows.GetValue(i))
                    {
                        case byte[] bytes:
                            forms.AddRange([Convert.ToHexStringLower(bytes), Convert.ToHexString(bytes), Convert.ToBase64String(bytes), Convert.ToBase64String(bytes).Replace('+', '-').Replace('/', '_').TrimEnd('=')]);
                            break;
                        case string text when text.Length > 0 && text.All(character => character is > ' ' and < '\u007f'):
                            forms.Add(text);
                            break;
                    }
                }
            }
        }
        Assert.NotEmpty(forms);
        foreach (var form in forms.Distinct().SelectMany(form => new[] { form, "ptk_" + form }))
        {
            Assert.Matches("^HTTP/1.1 40[01] ", await RawConnection.AskAsync(_product.Gateway, Post($"Authorization: Bearer {form}", "")));
        }
        Assert.Equal(0, _upstream.Connections);
    }

    private string Post(string header, string query) =>
        $"POST {AttackedProduct.ChatPath}{query} HTTP/1.1\r\nHost: {_product.Gateway.Authority}\r\nContent-Type: application/json\r\nContent-Length: {AttackedProduct.ChatBody.Length}\r\n{(header.Length > 0 ? header + "\r\n" : "")}\r\n{AttackedProduct.ChatBody}";
}
