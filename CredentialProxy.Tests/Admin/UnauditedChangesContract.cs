using System.Data.Common;
using System.Net;
using CredentialProxy.Core.Limits;
using CredentialProxy.Core.Storage;
using CredentialProxy.Tests.Limits;
using CredentialProxy.Tests.Running;
using Microsoft.Data.Sqlite;

namespace CredentialProxy.Tests.Admin;

/// <summary>What can't be written to the audit log does not happen: no change of the API, nor any part of one, and its caller is told so.</summary>
public abstract class UnauditedChangesContract
{
    // What is no change of state, though it is a POST.
    private static readonly string[] Harmless = ["POST /api/quote", "POST /api/session-tokens/verify", "POST /api/credentials/{id}/test"];

    private static readonly Dictionary<string, Func<UnauditedChangesContract, Task<Change>>> All = new(StringComparer.Ordinal)
    {
        ["POST /api/projects"] = _ => Ready("/api/projects", new { name = New(), limits = Limits }),
        ["PATCH /api/projects/{id}"] = async test => new($"/api/projects/{await test.ProjectAsync()}", new { name = New() }),
        ["DELETE /api/projects/{id}"] = async test => new($"/api/projects/{await test.ProjectAsync()}"),
        ["POST /api/tokens"] = async test => new("/api/tokens", new { kind = "proxy", project = await test.ProjectAsync() }),
        ["POST /api/tokens of a session"] = _ => Ready("/api/tokens", new { kind = "session" }),
        ["PATCH /api/tokens/{id}"] = async test => new($"/api/tokens/{await test.TokenAsync()}", new { label = New(), status = "disabled" }),
        ["POST /api/tokens/{id}/revoke"] = async test => new($"/api/tokens/{await test.TokenAsync()}/revoke"),
        ["POST /api/tokens/{id}/revoke of another system's"] = _ => Ready($"/api/tokens/{New()}/revoke"),
        ["DELETE /api/tokens/{id}"] = async test => new($"/api/tokens/{await test.TokenAsync()}"),
        ["POST /api/credentials"] = _ => Ready("/api/credentials", new { provider = "openai", secret = "sk-unaudited" }),
        ["PATCH /api/credentials/{id}"] = async test => new($"/api/credentials/{await test.CredentialAsync()}", new { disabled = true }),
        ["PATCH /api/credentials/{id} of the secret"] = async test => new($"/api/credentials/{await test.CredentialAsync()}", new { secret = "sk-another" }),
        ["DELETE /api/credentials/{id}"] = async test => new($"/api/credentials/{await test.CredentialAsync()}"),
        ["POST /api/admin-keys"] = _ => Ready("/api/admin-keys", new { role = "viewer" }),
        ["POST /api/admin-keys/{id}/revoke"] = async test => new($"/api/admin-keys/{await test.AdminKeyAsync()}/revoke"),
        ["DELETE /api/admin-keys/{id}"] = async test => new($"/api/admin-keys/{await test.AdminKeyAsync()}"),
        ["POST /api/signing-keys"] = _ => Ready("/api/signing-keys", new { }),
        ["POST /api/signing-keys/{id}/retire"] = async test => new($"/api/signing-keys/{await test.SigningKeyAsync()}/retire"),
        ["POST /api/signing-keys/{id}/retire of the one that signs"] = async test => new($"/api/signing-keys/{await test.SigningAsync()}/retire"),
        ["DELETE /api/signing-keys/{id}"] = async test => new($"/api/signing-keys/{await test.RetiredKeyAsync()}"),
        ["POST /api/prices"] = _ => Ready("/api/prices", new { provider = "openai", match = new[] { New() }, input = 1 }),
        ["PUT /api/prices/{id}"] = async test => new($"/api/prices/{await test.PriceAsync()}", new { provider = "openai", match = new[] { New() }, input = 2 }),
        ["DELETE /api/prices/{id}"] = async test => new($"/api/prices/{await test.PriceAsync()}"),
        ["POST /api/tokens/{id}/limits/top-up"] = async test => new($"/api/tokens/{await test.TokenAsync()}/limits/top-up", More),
        ["POST /api/projects/{id}/limits/top-up"] = async test => new($"/api/projects/{await test.ProjectAsync()}/limits/top-up", More),
        ["POST /api/credentials/{id}/limits/top-up"] = async test => new($"/api/credentials/{await test.CredentialAsync()}/limits/top-up", More),
        ["POST /api/tokens/{id}/limits/reset"] = async test => new($"/api/tokens/{await test.SpentAsync(await test.TokenAsync(), AccountId.Token)}/limits/reset", Reset),
        ["POST /api/projects/{id}/limits/reset"] = async test => new($"/api/projects/{await test.SpentAsync(await test.ProjectAsync(), AccountId.Project)}/limits/reset", Reset),
        ["POST /api/credentials/{id}/limits/reset"] = async test => new($"/api/credentials/{await test.SpentAsync(await test.CredentialAsync(), AccountId.Credential)}/limits/reset", Reset),
        ["POST /api/session-tokens"] = _ => Ready("/api/session-tokens", new { sub = "ws", provider = "openai" }),
        ["POST /api/objects/give"] = async test => new("/api/objects/give", await test.FileAsync()),
        ["POST /api/objects/take"] = async test => new("/api/objects/take", await test.GivenAsync()),
    };

    public static TheoryData<string> Changes => [.. All.Keys];

    /// <summary>An admin of the control plane.</summary>
    protected abstract ControlCalls Admin { get; }

    /// <summary>The accounts.</summary>
    protected abstract IQuotaAuthority Authority { get; }

    /// <summary>Breaks the audit log: whatever is written to it fails, and not as others' changes in between do.</summary>
    protected abstract string Breaking { get; }

    /// <summary>Mends it.</summary>
    protected abstract string Mending { get; }

    private static object[] Limits => [new { unit = "tokens", limit = 10 }];

    private static object More => new { unit = "tokens", amount = 5 };

    private static object Reset => new { unit = "tokens" };

    /// <summary>Connections to all databases; that of the audit log first.</summary>
    protected abstract IEnumerable<DbConnection> Databases();

    [Theory]
    [MemberData(nameof(Changes))]
    public async Task A_change_that_can_t_be_audited_does_not_happen(string route)
    {
        var change = await All[route](this);
        var method = route.Split(' ')[0];
        // Not even its key is remembered.
        (string, string)[] headers = method == "POST" ? [("Idempotency-Key", New())] : [];
        var before = await StoredTables.ReadAsync(Databases());
        await StoredTables.ExecuteAsync(Databases().First(), Breaking);
        try
        {
            var refused = await Admin.SendAsync(method, change.Path, change.Body, headers);
            Assert.True(refused is { Status: HttpStatusCode.InternalServerError, Code: "internal_error" }, refused.Text);
            Assert.Equal(before, await StoredTables.ReadAsync(Databases()));
        }
        finally
        {
            await StoredTables.ExecuteAsync(Databases().First(), Mending);
        }
        // Had it been written down it would have happened.
        var made = await Admin.SendAsync(method, change.Path, change.Body, headers);
        Assert.True(made.Status is HttpStatusCode.OK or HttpStatusCode.Created or HttpStatusCode.NoContent, made.Text);
        var changed = (await StoredTables.ReadAsync(Databases())).Where(table => before[table.Key] != table.Value).Select(table => table.Key).ToList();
        Assert.Contains("0 audit", changed);
        Assert.True(changed.Count > 1 || route == "POST /api/session-tokens", "Nothing but the audit log was changed.");
    }

    [Fact]
    public async Task Every_route_that_changes_something_is_among_them()
    {
        var document = await Admin.GetAsync("/openapi/v1.json");
        var served = document["paths"]!.AsObject().SelectMany(path => path.Value!.AsObject().Select(operation => $"{operation.Key.ToUpperInvariant()} {path.Key.TrimEnd('/')}"));
        Assert.Equal(served.Where(route => !route.StartsWith("GET ", StringComparison.Ordinal)).Except(Harmless).Order(StringComparer.Ordinal), All.Keys.Select(name => name.Split(" of ")[0]).Distinct().Order(StringComparer.Ordinal));
    }

    private static Task<Change> Ready(string path, object? body = null) => Task.FromResult(new Change(path, body));

    private static string New() => Guid.NewGuid().ToString("n");

    private async Task<string> MakeAsync(string path, object request) => (string)(await Admin.CreateAsync(path, request))["id"]!;

    private Task<string> ProjectAsync() => MakeAsync("/api/projects", new { name = New(), limits = Limits });

    private Task<string> TokenAsync() => MakeAsync("/api/tokens", new { kind = "proxy", limits = Limits });

    private Task<string> CredentialAsync() => MakeAsync("/api/credentials", new { provider = "openai", secret = "sk-audited", limits = Limits });

    private Task<string> AdminKeyAsync() => MakeAsync("/api/admin-keys", new { role = "viewer" });

    private Task<string> SigningKeyAsync() => MakeAsync("/api/signing-keys", new { });

    private Task<string> PriceAsync() => MakeAsync("/api/prices", new { provider = "openai", match = new[] { New() }, input = 1 });

    private async Task<string> RetiredKeyAsync()
    {
        var id = await SigningKeyAsync();
        await Admin.SendAsync("POST", $"/api/signing-keys/{id}/retire");
        return id;
    }

    private async Task<string> SigningAsync() =>
        (string)(await Admin.AllAsync("/api/signing-keys", "keys", 50)).Single(key => (string)key["status"]! == "signing")["id"]!;

    private async Task<string> SpentAsync(string id, Func<string, AccountId> accountOf)
    {
        var counter = new CounterInstance(new CounterKey(accountOf(id), LimitUnit.Tokens, LimitWindow.Lifetime), 0);
        await Authority.SettleAsync([new Settlement(UsageRecords.Of(New()), [], [new LeaseAmount(counter, 10, 3)])], TestContext.Current.CancellationToken);
        return id;
    }

    private async Task<object> FileAsync() => new { provider = "openai", kind = "file", id = "file-" + New(), project = await ProjectAsync() };

    private async Task<object> GivenAsync()
    {
        var file = await FileAsync();
        Assert.Equal(HttpStatusCode.OK, (await Admin.SendAsync("POST", "/api/objects/give", file)).Status);
        return file;
    }

    private sealed record Change(string Path, object? Body = null);
}

/// <summary>Changes that can't be audited, on the embedded store.</summary>
public sealed class UnauditedChangesOnSqliteTests(Product product) : UnauditedChangesContract, IClassFixture<Product>, IDisposable
{
    protected override ControlCalls Admin { get; } = ControlCalls.AdminOf(product);

    protected override IQuotaAuthority Authority => product.Part<IQuotaAuthority>();

    // A trigger's own refusal would look as one to delete what is referred to.
    protected override string Breaking => "CREATE TRIGGER broken BEFORE INSERT ON audit BEGIN INSERT INTO settings (\"Name\") VALUES (NULL); END";

    protected override string Mending => "DROP TRIGGER broken";

    public void Dispose() => Admin.Dispose();

    protected override IEnumerable<DbConnection> Databases() => [new SqliteConnection(EmbeddedStorage.ConnectionString(Path.Combine(product.DataDirectory, "credential-proxy.db")))];
}

/// <summary>Changes that can't be audited, on Postgres: not even the outbox knows of them.</summary>
public sealed class UnauditedChangesOnPostgresTests(PostgresControlPlane control) : UnauditedChangesContract, IClassFixture<PostgresControlPlane>, IDisposable
{
    protected override ControlCalls Admin { get; } = new(control.Address, PostgresControlPlane.AdminKey);

    protected override IQuotaAuthority Authority => control.Authority;

    protected override string Breaking => """
        CREATE FUNCTION break() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'broken'; END $$;
        CREATE TRIGGER broken BEFORE INSERT ON audit FOR EACH ROW EXECUTE FUNCTION break()
        """;

    protected override string Mending => "DROP TRIGGER broken ON audit; DROP FUNCTION break()";

    public void Dispose() => Admin.Dispose();

    protected override IEnumerable<DbConnection> Databases() => [control.Storage.Source.CreateConnection(), new SqliteConnection(EmbeddedStorage.ConnectionString(control.AccountsPath))];
}
