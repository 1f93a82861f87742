using CredentialProxy.Core.Limits;
using CredentialProxy.Core.Limits.Sqlite;
using CredentialProxy.Core.Usage;
using CredentialProxy.Tests.Limits.Sqlite;

namespace CredentialProxy.Tests.Usage;

public sealed class SqliteUsageReaderTests() : UsageReaderContract(async () => new EmbeddedStore(await SqliteQuotaStore.NewAsync(TimeProvider.System)))
{
    private sealed class EmbeddedStore(SqliteQuotaStore store) : IUsageStore
    {
        private readonly SqliteQuotaAuthority _authority = store.OpenAuthority();

        public IUsageReader Reader { get; } = new SqliteUsageReader(store.DatabasePath, _ => default);

        public async Task WriteAsync(params UsageRecord[] records) =>
            await _authority.SettleAsync([.. records.Select(record => new Settlement(record, [], []))], TestContext.Current.CancellationToken);

        public ValueTask DisposeAsync() => store.DisposeAsync();
    }
}
