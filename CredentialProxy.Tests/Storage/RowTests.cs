using System.Text.Json;
using CredentialProxy.Core.Storage;

namespace CredentialProxy.Tests.Storage;

/// <summary>Rows come back from either database as they were written.</summary>
public sealed class RowTests
{
    private static readonly DateTimeOffset Time = new(2026, 11, 24, 12, 0, 0, 123, TimeSpan.FromHours(2));

    private static object[] Rows =>
    [
        new TokenRow
        {
            Id = "tok", Kind = "proxy", Hash = "00ff", LastFour = "yz12", Label = "ü \"'\\", ProjectId = "p", Providers = ["openai", "x,y"], Models = ["gpt-*", "\"q\""], Endpoints = [], Cidrs = ["10.0.0.0/8"],
            LimitsJson = """[{"unit":"usd","limit":1}]""", IsDisabled = true, CreatedAt = Time, ExpiresAt = Time.AddYears(1),
        },
        new ProjectRow { Id = "p", Name = "n", Features = ["a"], CreatedAt = Time },
        new CredentialRow { Id = "c", Provider = "openai", SealedSecret = "sealed", CreatedAt = Time },
        new RevocationRow { Jti = "j", RevokedAt = Time },
        new AdminKeyRow { Id = "adm", Hash = "00ff", LastFour = "yz12", Role = "minter", CeilingsJson = "{}", CreatedAt = Time, ExpiresAt = Time, Version = 3 },
        new SigningKeyRow { Id = "sig", Algorithm = "ES256", SealedPrivateKey = "sealed", PublicKey = "{}", CreatedAt = Time, ActivatesAt = Time, ExpiresAt = Time, RetiredAt = Time, Version = 3 },
        new RepeatRow { Key = "k", Actor = "a", RequestHash = "00ff", ObjectId = "tok", ExpiresAt = Time },
        new AuditRow { Time = Time, Actor = "a", Role = "admin", Action = "token.revoke", ObjectId = "tok", BeforeJson = "{}" },
        new SettingRow { Name = "n", Value = "v" },
        new CounterRow { Account = "token:tok", Unit = 1, Window = 2, WindowStart = 3, Spent = long.MaxValue },
        new ObjectRow { Owner = "project:p", Provider = "openai", Kind = "file", Id = "f", CreatedAt = Time, ExpiresAt = Time },
        new DataProtectionKeyRow { Name = "key-1", Xml = "<key id=\"1\"/>", CreatedAt = Time },
        new ClosedLeaseRow { Id = "holder 100 counter", Amount = long.MaxValue, ClosedAt = Time },
        new GatewayMarkRow { Instance = "i", Mark = long.MaxValue, SeenAt = Time },
    ];

    [Fact]
    public async Task From_the_embedded_store()
    {
        using var storage = await TemporaryStorage.CreateAsync();
        await ComeBackAsync(storage.CreateDbContext);
    }

    [Fact]
    public async Task From_Postgres()
    {
        await using var storage = await TemporaryPostgres.CreateAsync();
        await ComeBackAsync(storage.CreateDbContext);
    }

    private static async Task ComeBackAsync(Func<StorageContext> open)
    {
        var rows = Rows;
        await using (var context = open())
        {
            context.AddRange(rows);
            await context.SaveChangesAsync(TestContext.Current.CancellationToken);
        }
        foreach (var row in rows)
        {
            await using var context = open();
            var key = context.Model.FindEntityType(row.GetType())!.FindPrimaryKey()!.Properties.Select(property => property.PropertyInfo!.GetValue(row)).ToArray();
            var found = await context.FindAsync(row.GetType(), key, TestContext.Current.CancellationToken);
            Assert.Equal(Written(row), Written(found!));
        }
    }

    private static string Written(object row) => JsonSerializer.Serialize(row, row.GetType()).Replace("+02:00", "+00:00", StringComparison.Ordinal).Replace("T12:", "T10:", StringComparison.Ordinal);
}
