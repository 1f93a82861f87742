using CredentialProxy.Admin.Recording;
using CredentialProxy.Core.Usage;
using CredentialProxy.Tests.Storage;
using CredentialProxy.Tests.Usage;

namespace CredentialProxy.Tests.Recording;

/// <summary>Usage in a Postgres database of its own.</summary>
internal sealed class PostgresUsageStore : IUsageStore
{
    private readonly PostgresUsageWriter _writer;

    private PostgresUsageStore(TemporaryPostgres storage)
    {
        Storage = storage;
        _writer = new PostgresUsageWriter(storage.Source);
        Reader = new PostgresUsageReader(storage.Source, _ => default);
    }

    public TemporaryPostgres Storage { get; }

    public IUsageReader Reader { get; }

    public static async Task<PostgresUsageStore> CreateAsync() => new(await TemporaryPostgres.CreateAsync());

    public Task WriteAsync(params UsageRecord[] records) => CountAsync(records);

    /// <summary>Writes, and answers how many were new.</summary>
    public Task<int> CountAsync(params UsageRecord[] records) => _writer.WriteAsync(records, TestContext.Current.CancellationToken);

    public ValueTask DisposeAsync() => Storage.DisposeAsync();
}
