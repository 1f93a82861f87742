namespace CredentialProxy.Admin.Recording.Streams;

/// <summary>How much memory Redis uses.</summary>
/// <param name="UsedBytes">In use; 0 where Redis does not tell.</param>
/// <param name="LimitBytes">May be used; 0 for no bound.</param>
internal sealed record RedisMemory(long UsedBytes, long LimitBytes)
{
    /// <summary>Of a Redis that does not tell.</summary>
    public static readonly RedisMemory Unknown = new(0, 0);

    /// <summary>Whether more than this share of what may be used is in use.</summary>
    public bool IsAbove(double share) => LimitBytes > 0 && UsedBytes > LimitBytes * share;
}
