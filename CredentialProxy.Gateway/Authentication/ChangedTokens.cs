using System.Threading.Channels;
using CredentialProxy.Core.Directories;

namespace CredentialProxy.Gateway.Authentication;

/// <summary>Collects which tokens have changed since it was last asked. In bounded memory: of too many, all count as changed. May be added to by anybody; waited for and taken by one.</summary>
internal sealed class ChangedTokens : IDisposable
{
    private const int MaxTokens = 1_000;

    private readonly Channel<bool> _wake = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });
    private readonly IDirectory _directory;
    private readonly Lock _gate = new();
    private HashSet<string> _changed = new(StringComparer.Ordinal); // guarded by _gate
    private bool _allChanged; // guarded by _gate

    /// <summary>Hears of what changes in a directory, until it is disposed.</summary>
    public ChangedTokens(IDirectory directory)
    {
        _directory = directory;
        directory.Changed += OnChanged;
    }

    /// <summary>One has changed; null for any of them.</summary>
    public void Add(string? tokenId)
    {
        lock (_gate)
        {
            _allChanged |= tokenId is null || _changed.Count >= MaxTokens;
            if (tokenId is not null && !_allChanged)
            {
                _changed.Add(tokenId);
            }
        }
        _wake.Writer.TryWrite(true);
    }

    /// <summary>Waits until something has changed, but no longer than so long; <see cref="Timeout.InfiniteTimeSpan"/> for as long as it takes. Never throws.</summary>
    public async Task WaitAsync(TimeSpan longest, TimeProvider time, CancellationToken stoppingToken)
    {
        if (longest <= TimeSpan.Zero && longest != Timeout.InfiniteTimeSpan)
        {
            return;
        }
        using var end = new CancellationTokenSource(longest, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(end.Token, stoppingToken);
        await ((Task)_wake.Reader.ReadAsync(either.Token).AsTask()).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>Tells which have changed, and begins anew.</summary>
    public Func<string, bool> Take()
    {
        lock (_gate)
        {
            var (all, changed) = (_allChanged, _changed);
            (_allChanged, _changed) = (false, new HashSet<string>(StringComparer.Ordinal));
            return tokenId => all || changed.Contains(tokenId);
        }
    }

    /// <summary>Hears no more.</summary>
    public void Dispose() => _directory.Changed -= OnChanged;

    private void OnChanged(DirectoryChange change) => Add(change.TokenId);
}
