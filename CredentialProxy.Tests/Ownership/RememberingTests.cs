using CredentialProxy.Tests.Running;
using Microsoft.Data.Sqlite;

namespace CredentialProxy.Tests.Ownership;

/// <summary>What is remembered of an answer, and of which ones nothing.</summary>
public sealed class RememberingTests(Product product) : IClassFixture<Product>
{
    [Theory]
    [InlineData("gzip")]
    [InlineData("br")]
    public async Task What_was_made_is_read_out_of_a_compressed_answer_too(string encoding)
    {
        var token = await product.MintWithAsync(null, "files");
        var made = await product.AskAsync(token, "POST /openai/v1/files", "{}", ("accept-encoding", encoding), ("x-mock-fault", $$"""{"encoding":"{{encoding}}"}"""));

        Assert.Equal(200, (await product.AskAsync(token, $"GET /openai/v1/files/{made.Id}")).Status);
    }

    [Fact]
    public async Task A_custom_provider_s_responses_are_their_maker_s_too()
    {
        await using var other = await Product.StartAsync(
            ("Providers:acme:BaseUrl", product.Mock.ToString().TrimEnd('/')), ("Providers:acme:ApiKey", "sk-acme"), ("Providers:acme:Endpoints:0", "POST /v1/responses"), ("Providers:acme:Dialect", "openai-responses"));
        var (mine, theirs) = (await other.MintWithAsync(null, "stored_input"), await other.MintWithAsync(null, "stored_input"));
        var id = (await other.AskAsync(theirs, "POST /acme/v1/responses", """{"model":"m","input":"Hi"}""")).Id;
        var body = $$"""{"model":"m","input":"And?","previous_response_id":"{{id}}"}""";

        Assert.Equal((404, "object_not_found"), Of(await other.AskAsync(mine, "POST /acme/v1/responses", body)));
        Assert.Equal((200, (string?)null), Of(await other.AskAsync(theirs, "POST /acme/v1/responses", body)));
        Assert.Equal((404, "object_not_found"), Of(await other.AskAsync(theirs, "POST /openai/v1/responses", body)));
    }

    [Fact]
    public async Task An_object_that_could_not_be_remembered_reaches_its_maker_and_is_nobody_s()
    {
        var token = await product.MintWithAsync(null, "files");
        Execute("CREATE TRIGGER full BEFORE INSERT ON objects BEGIN SELECT RAISE(FAIL, 'the disk is full'); END");
        try
        {
            var made = await product.AskAsync(token, "POST /openai/v1/files", "{}");
            Assert.Equal(200, made.Status);
            Assert.Equal((404, "object_not_found"), Of(await product.AskAsync(token, $"GET /openai/v1/files/{made.Id}")));
            Assert.Contains(product.Log, line => line.Contains("[3211]", StringComparison.Ordinal));
        }
        finally
        {
            Execute("DROP TRIGGER full");
        }
    }

    [Fact]
    public async Task A_plain_request_leaves_no_trace_among_the_objects()
    {
        var before = Count();
        using var plain = await product.ChatAsync(await product.MintAsync());
        using var withFiles = await product.ChatAsync(await product.MintWithAsync(null, "files"), isStream: true);
        await withFiles.Content.ReadAsStringAsync();
        Assert.Equal(200, (await product.AskAsync(await product.MintAsync(), "POST /openai/v1/responses", """{"model":"gpt-4o-mini","input":"Hi"}""")).Status);

        Assert.Equal(before, Count());
    }

    private long Count()
    {
        using var connection = new SqliteConnection($"Data Source={Database};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT count(*) FROM objects";
        return (long)command.ExecuteScalar()!;
    }

    private void Execute(string sql)
    {
        using var connection = new SqliteConnection($"Data Source={Database};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    private string Database => Directory.GetFiles(product.DataDirectory, "*.db").Single();

    private static (int Status, string? Code) Of(Calls.Answer answer) => (answer.Status, answer.Code);
}
