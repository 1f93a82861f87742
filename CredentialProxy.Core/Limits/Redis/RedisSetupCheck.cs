using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace CredentialProxy.Core.Limits.Redis;

/// <summary>Whether Redis is set up to hold accounts: looked at until it is in order, and anew when it may be another. One caller at a time.</summary>
internal sealed class RedisSetupCheck(IDatabase database, RedisScripts scripts, RedisKeys keys, RedisQuotaOptions options, ILogger logger)
{
    private bool _isDone;
    private volatile string? _mistake;

    /// <summary>What is known to be wrong; null for nothing. May be read at any time.</summary>
    public string? Mistake => _mistake;

    /// <summary>It may be another Redis now, set up in another way.</summary>
    public void Repeat() => _isDone = false;

    /// <summary>Looks, where that has not been done, and tells <see cref="Mistake"/>.</summary>
    public async Task<string?> RunAsync()
    {
        if (_isDone)
            return null;
        var setup = await RedisSetup.ReadAsync(database, scripts.Durability, keys.Epoch);
        var mistake = setup.Mistake(options.RequiresAppendOnly);
        if (mistake is null)
            Warn(setup);
        else if (mistake != _mistake)
            RedisLog.WrongSetup(logger, mistake);
        _isDone = mistake is null;
        return _mistake = mistake;
    }

    private void Warn(RedisSetup setup)
    {
        if (!setup.IsTold)
            RedisLog.NotTold(logger);
        if (setup.Forgets)
            RedisLog.MayLose(logger);
        else if (setup.FlushesLater)
            RedisLog.FlushesLater(logger);
    }
}
