using System.Net.Http.Headers;
using System.Net.Http.Json;
using CredentialProxy.Tests.Running;
using Microsoft.Data.Sqlite;

namespace CredentialProxy.Tests.Leaks;

/// <summary>Requests to a product whose store has broken under it: each ends in an exception somewhere, whose text and stack go to the log.</summary>
internal sealed class BrokenRounds(LeakRun run)
{
    private readonly Product _product = run.Product;

    public async Task DriveAsync()
    {
        var token = run.Tokens.Add("token before the breakage", (string)(await _product.CreateTokenAsync(new { kind = "proxy", limits = new[] { new { unit = "tokens", limit = 1000 } } }))["token"]!);
        await BreakStoreAsync();
        foreach (var fault in new[] { null, """{"status":500}""", """{"reset":true}""" })
        {
            var request = _product.Post("/openai/v1/chat/completions", token, JsonContent.Create(ProviderCall.Of("openai").Body("Hi", 16, false)));
            if (fault is not null)
            {
                request.Headers.Add("x-mock-fault", fault);
            }
            await run.SendAsync(request);
        }
        var key = run.Keys.Add("key that could not be stored", Canaries.New("sk-unstored"));
        var chosen = run.Tokens.Add("token that could not be stored", Canaries.New("chosen-unstored"));
        foreach (var (path, body) in new (string, object)[] { ("/api/credentials", new { provider = "openai", secret = key }), ("/api/tokens", new { kind = "proxy", token = chosen }), ("/api/tokens/x/revoke", new { }) })
        {
            var request = new HttpRequestMessage(HttpMethod.Post, new Uri(_product.Control, path)) { Content = JsonContent.Create(body) };
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", _product.AdminKey);
            await run.SendAsync(request);
        }
    }

    private async Task BreakStoreAsync()
    {
        await using var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = Path.Combine(_product.DataDirectory, "credential-proxy.db"), Pooling = false }.ToString());
        await connection.OpenAsync();
        var tables = new List<string>();
        await using (var list = new SqliteCommand("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'", connection))
        await using (var reader = await list.ExecuteReaderAsync())
        {
            while (await reader.ReadAsync())
            {
                tables.Add(reader.GetString(0));
            }
        }
        foreach (var table in tables)
        {
            await using var rename = new SqliteCommand($"ALTER TABLE \"{table}\" RENAME TO \"lost_{table}\"", connection);
            await rename.ExecuteNonQueryAsync();
        }
    }
}
