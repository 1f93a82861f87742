namespace CredentialProxy.Tests.Faults;

/// <summary>Runs alone: what it measures in milliseconds, and its load, don't go with others'.</summary>
[CollectionDefinition(nameof(FaultTests), DisableParallelization = true)]
public sealed class FaultTests;
