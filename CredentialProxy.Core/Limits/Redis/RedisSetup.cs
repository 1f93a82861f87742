using System.Globalization;
using StackExchange.Redis;

namespace CredentialProxy.Core.Limits.Redis;

/// <summary>How a Redis is set up, as far as it tells: an empty text is what it does not.</summary>
/// <param name="Version">Its version. Valkey tells that of the Redis it is compatible with.</param>
/// <param name="EvictionPolicy">What it does when its memory is full.</param>
/// <param name="AppendOnly">1 when it appends to a file what it is told, 0 when it does not.</param>
/// <param name="Flush">When that file is on the disk: <c>always</c> before it answers, <c>everysec</c> or <c>no</c>. Managed services seldom tell.</param>
internal sealed record RedisSetup(string Version, string EvictionPolicy, string AppendOnly, string Flush)
{
    private const int OldestMajor = 7;

    private const string Harmless = "noeviction";

    private const string Allowance = $"or set {RedisQuotaOptions.Section}:{nameof(RedisQuotaOptions.RequiresAppendOnly)} to false here, and limits may be exceeded by what is forgotten.";

    /// <summary>Whether it tells what guarantees hang on. One whose user may not call <c>INFO</c> tells nothing.</summary>
    public bool IsTold => Version.Length > 0 && EvictionPolicy.Length > 0 && AppendOnly.Length > 0;

    /// <summary>Whether it is known to keep nothing for certain: it appends to no file, or leaves it to the operating system when the file is on the disk.</summary>
    public bool Forgets => AppendOnly == "0" || Flush == "no";

    /// <summary>Whether it is known to answer up to a second, or two, before what it answered is on the disk.</summary>
    public bool FlushesLater => AppendOnly == "1" && Flush == "everysec";

    /// <summary>Asks the Redis that holds a key.</summary>
    public static async Task<RedisSetup> ReadAsync(IDatabase database, RedisScript durability, RedisKey key)
    {
        var told = await durability.RunAsync(database, [key], []);
        return new RedisSetup(told[1], told[2], told[3], await FlushOfAsync(database, key));
    }

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
        if (!Forgets || !requiresAppendOnly)
        {
            return null;
        }
        return AppendOnly == "0"
            ? $"Redis can't hold the accounts: it appends to no file, and forgets what was spent when it is restarted. Set 'appendonly yes' and 'appendfsync always' there; {Allowance}"
            : $"Redis can't hold the accounts: its appendfsync is 'no', and a power failure makes it forget half a minute of what was spent. Set 'appendfsync always' there; {Allowance}";
    }

    // INFO does not tell it, and CONFIG may be called by no script.
    private static async Task<string> FlushOfAsync(IDatabase database, RedisKey key)
    {
        if (await database.IdentifyEndpointAsync(key) is not { } node)
            return "";
        try
        {
            var told = await database.Multiplexer.GetServer(node).ExecuteAsync("CONFIG", "GET", "appendfsync");
            return told.Length == 2 ? (string?)told[1] ?? "" : "";
        }
        catch (Exception e) when (e is RedisServerException or RedisCommandException)
        {
            // It is not allowed there, as in most managed services, or by the connection string ($CONFIG=).
            return "";
        }
    }
}
