using CredentialProxy.Core.Usage;

namespace CredentialProxy.Tests.Usage;

/// <summary>Where usage under test is kept. It starts empty, one for each test.</summary>
public interface IUsageStore : IAsyncDisposable
{
    /// <summary>What reads it.</summary>
    IUsageReader Reader { get; }

    /// <summary>Keeps records.</summary>
    Task WriteAsync(params UsageRecord[] records);
}
