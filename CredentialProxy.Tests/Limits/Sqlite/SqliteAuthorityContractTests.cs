using CredentialProxy.Tests.Limits.Contract;

namespace CredentialProxy.Tests.Limits.Sqlite;

public sealed class SqliteLeaseTests() : LeaseContract(SqliteQuotaStore.CreateAsync);

public sealed class SqliteSettlementTests() : SettlementContract(SqliteQuotaStore.CreateAsync);

public sealed class SqliteWindowTests() : WindowContract(SqliteQuotaStore.CreateAsync);

/// <summary>Resets on SQLite.</summary>
public sealed class SqliteResetTests() : ResetContract(SqliteQuotaStore.CreateAsync);

public sealed class SqliteHolderTests() : HolderContract(SqliteQuotaStore.CreateAsync);
