using System.Security.Cryptography;
using System.Text;
using StackExchange.Redis;

namespace CredentialProxy.Core.Limits.Redis;

/// <summary>One Lua script, called by its hash; given to Redis again whenever Redis does not know it.</summary>
internal sealed class RedisScript(string text)
{
#pragma warning disable CA5350 // Redis names scripts by their SHA-1; nothing rests on it.
    private readonly byte[] _hash = SHA1.HashData(Encoding.UTF8.GetBytes(text));
#pragma warning restore CA5350

    /// <summary>Runs it; the answer's first part is a word that says what became of the call.</summary>
    public async Task<string[]> RunAsync(IDatabase database, RedisKey[] keys, RedisValue[] values)
    {
        try
        {
            return Read(await database.ScriptEvaluateAsync(_hash, keys, values));
        }
        catch (RedisServerException exception) when (exception.Message.StartsWith("NOSCRIPT", StringComparison.Ordinal))
        {
            // Restarted, flushed, or another node. Nothing was done, and EVAL leaves the script behind for the calls to come.
            return Read(await database.ExecuteAsync("EVAL", [text, keys.Length, .. keys.Select(key => (object)key), .. values.Select(value => (object)value)]));
        }
    }

    private static string[] Read(RedisResult result) => (string[])result!;
}
