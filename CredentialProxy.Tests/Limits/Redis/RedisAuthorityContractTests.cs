using CredentialProxy.Tests.Limits.Contract;

namespace CredentialProxy.Tests.Limits.Redis;

public sealed class RedisLeaseTests() : LeaseContract(RedisQuotaStore.CreateAsync);

public sealed class RedisSettlementTests() : SettlementContract(RedisQuotaStore.CreateAsync);

public sealed class RedisWindowTests() : WindowContract(RedisQuotaStore.CreateAsync);

/// <summary>Resets in Redis.</summary>
public sealed class RedisResetTests() : ResetContract(RedisQuotaStore.CreateAsync);

public sealed class RedisHolderTests() : HolderContract(RedisQuotaStore.CreateAsync);
