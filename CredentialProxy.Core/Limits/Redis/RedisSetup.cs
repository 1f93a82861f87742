using System.Globalization;

namespace CredentialProxy.Core.Limits.Redis;

/// <summary>How a Redis is set up, as far as it tells: an empty text is what it does not.</summary>
/// <param name="Version">Its version. Valkey tells that of the Redis it is compatible with.</param>
/// <param name="EvictionPolicy">What it does when its memory is full.</param>
/// <param name="AppendOnly">1 when it appends to a file what it is told, 0 when it does not.</param>
internal sealed record RedisSetup(string Version, string EvictionPolicy, string AppendOnly)
{
    private const int OldestMajor = 7;

    private const string Harmless = "noeviction";

    /// <summary>Whether it tells everything. One whose user may not call <c>INFO</c> tells nothing.</summary>
    public bool IsTold => Version.Length > 0 && EvictionPolicy.Length > 0 && AppendOnly.Length > 0;

    /// <summary>Whether it is known to append to no file.</summary>
    public bool ForgetsAtRestart => AppendOnly == "0";

    /// <summary>What keeps it from holding accounts, and what to set; null for nothing that is known.</summary>
    public string? Mistake(bool requiresAppendOnly)
    {
        if (int.TryParse(Version.Split('.')[0], NumberStyles.None, CultureInfo.InvariantCulture, out var major) && major < OldestMajor)
        {
            return $"Redis can't hold the accounts: it is version {Version} and must be {OldestMajor}.0 or later.";
        }
        if (EvictionPolicy is not ("" or Harmless))
        {
            return $"Redis can't hold the accounts: its maxmemory-policy is '{EvictionPolicy}', and a counter that is evicted is a limit that begins anew. Set 'maxmemory-policy {Harmless}' there.";
        }
        return ForgetsAtRestart && requiresAppendOnly
            ? $"Redis can't hold the accounts: it appends to no file, and forgets what was spent when it is restarted. Set 'appendonly yes' and 'appendfsync always' there; or set {RedisQuotaOptions.Section}:{nameof(RedisQuotaOptions.RequiresAppendOnly)} to false here, and limits may be exceeded by what is forgotten."
            : null;
    }
}
