using CredentialProxy.Tests.Usage;

namespace CredentialProxy.Tests.Recording;

public sealed class PostgresUsageReaderTests() : UsageReaderContract(async () => await PostgresUsageStore.CreateAsync());
