using CredentialProxy.Core.Pricing;
using Microsoft.Extensions.Logging;

namespace CredentialProxy.Core.Directories;

/// <summary>
/// The prices that operators have set, as a directory holds them, and the table that they make with those of the files. A price that can't be read, such as one of a later version, stays as it was last
/// read. Written by one at a time; readers of the table never wait.
/// </summary>
internal sealed class StoredPrices(PriceTable files, ILogger logger)
{
    private readonly PriceTable _files = files;
    private readonly Dictionary<string, OperatorPrice> _prices = new(StringComparer.Ordinal); // the writer's alone
    private bool _isStale; // the writer's alone
    private volatile PriceTable _table = files;

    /// <summary>The table in force.</summary>
    public PriceTable Table => _table;

    /// <summary>The prices that are known, by id.</summary>
    public ICollection<string> Ids => _prices.Keys;

    /// <summary>Takes a price in as it is kept. The table changes with <see cref="Compile"/>.</summary>
    public void Put(string id, Func<OperatorPrice> read)
    {
        try
        {
            _prices[id] = read();
            _isStale = true;
        }
        catch (FormatException e)
        {
            DirectoryLog.UnreadablePrice(logger, id, _prices.ContainsKey(id) ? "stays as it was" : "is not in force", e.Message);
        }
    }

    /// <summary>Takes a price out.</summary>
    public void Remove(string id) => _isStale |= _prices.Remove(id);

    /// <summary>Makes the table anew, after what has come in and gone. Requests that were judged by the one before go on with that.</summary>
    public void Compile()
    {
        if (_isStale)
        {
            _table = _files.With(_prices.Values);
            _isStale = false;
        }
    }
}
