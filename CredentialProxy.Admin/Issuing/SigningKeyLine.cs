using CredentialProxy.Core.Storage;
using CredentialProxy.Core.Tokens;

namespace CredentialProxy.Admin.Issuing;

/// <summary>
/// The signing keys in use, in the order in which they sign. The last whose time has come signs; those before it prove what they signed, until that has expired; those after it are known to gateways
/// and wait.
/// </summary>
/// <param name="rows">The keys; retired ones don't count.</param>
/// <param name="tokensLive">How long a token may live that is minted here.</param>
internal sealed class SigningKeyLine(IEnumerable<SigningKeyRow> rows, TimeSpan tokensLive)
{
    /// <summary>Most keys in use.</summary>
    public const int MaxKeys = 16;

    /// <summary>How far ahead a key may be made.</summary>
    public static readonly TimeSpan LongestAhead = TimeSpan.FromDays(366);

    // A control plane whose clock is behind goes on signing with the key before for so long.
    private static readonly TimeSpan ClockTolerance = TimeSpan.FromSeconds(2 * SessionTokenOptions.ClockToleranceSeconds);

    private readonly List<SigningKeyRow> _rows =
        [.. rows.Where(row => row.RetiredAt is null).OrderBy(row => row.ActivatesAt).ThenBy(row => row.CreatedAt).ThenBy(row => row.Id, StringComparer.Ordinal)];

    /// <summary>How many there are.</summary>
    public int Count => _rows.Count;

    /// <summary>When the last of them begins to sign; null for none.</summary>
    public DateTimeOffset? LastActivatesAt => _rows.LastOrDefault()?.ActivatesAt;

    /// <summary>The key that signs; null for none.</summary>
    public SigningKeyRow? SigningAt(DateTimeOffset now) => _rows.LastOrDefault(row => row.ActivatesAt <= now);

    /// <summary>Adds a key behind all others.</summary>
    public void Append(SigningKeyRow added)
    {
        if (_rows.LastOrDefault() is { } last)
        {
            EndAfter(last, added);
        }
        _rows.Add(added);
    }

    /// <summary>Takes a key out at once. Where it was the one that signs, the next begins now; false when there is none, so that one must be appended.</summary>
    public bool TryRetire(SigningKeyRow row, DateTimeOffset now)
    {
        var isSigning = SigningAt(now) == row;
        row.RetiredAt = now;
        _rows.Remove(row);
        if (!isSigning)
        {
            if (_rows.LastOrDefault() is { ExpiresAt: not null } last)
            {
                // What was to come after it does not come.
                last.ExpiresAt = null;
                last.Version++;
            }
            return true;
        }
        if (_rows.Find(other => other.ActivatesAt > now) is not { } next)
        {
            return false;
        }
        next.ActivatesAt = now;
        next.Version++;
        return true;
    }

    private void EndAfter(SigningKeyRow last, SigningKeyRow next)
    {
        if (last.ExpiresAt is null)
        {
            last.ExpiresAt = next.ActivatesAt + tokensLive + ClockTolerance;
            last.Version++;
        }
    }
}
