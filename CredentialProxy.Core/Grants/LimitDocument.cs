using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;
using CredentialProxy.Core.Limits;

namespace CredentialProxy.Core.Grants;

/// <summary>A limit as the API and the store write it: <c>{"unit":"usd","limit":5,"window":"day"}</c>, money in dollars.</summary>
public sealed record LimitDocument
{
    /// <summary>Most limits on one account.</summary>
    public const int MaxCount = 16;

    /// <summary><c>tokens</c>, <c>usd</c>, <c>requests</c> or <c>concurrent</c>.</summary>
    [JsonPropertyName("unit")]
    public string? Unit { get; init; }

    /// <summary>The most: a whole number from 0 to 2^53−1; for <c>usd</c> dollars with at most six decimals.</summary>
    [JsonPropertyName("limit")]
    public decimal? Limit { get; init; }

    /// <summary><c>lifetime</c> (the default), <c>month</c>, <c>day</c>, <c>hour</c>, <c>minute</c> or <c>second</c>; none for <c>concurrent</c>.</summary>
    [JsonPropertyName("window")]
    public string? Window { get; init; }

    /// <summary>The document of a limit.</summary>
    public static LimitDocument Of(Limit limit) => new()
    {
        Unit = NameOf(limit.Unit),
        Limit = limit.Unit == LimitUnit.Usd ? MicroUsd.ToUsd(limit.Amount) : limit.Amount,
        Window = NameOf(limit.Window),
    };

    /// <summary>The API's word for a unit.</summary>
    public static string NameOf(LimitUnit unit) => unit.ToString().ToLowerInvariant();

    /// <summary>The API's word for a window.</summary>
    public static string NameOf(LimitWindow window) => window.ToString().ToLowerInvariant();

    /// <summary>The limit; or, in <paramref name="error"/>, what is wrong.</summary>
    public bool TryRead(out Limit limit, out string? error)
    {
        limit = default;
        error = null;
        if (!TryParse<LimitUnit>(Unit, out var unit))
        {
            error = "'unit' must be tokens, usd, requests or concurrent";
        }
        else if (!TryParse<LimitWindow>(Window ?? "lifetime", out var window))
        {
            error = "'window' must be lifetime, month, day, hour, minute or second";
        }
        else if (unit == LimitUnit.Concurrent && window != LimitWindow.Lifetime)
        {
            error = "a limit in 'concurrent' has no window";
        }
        else if (!TryReadAmount(unit, out var amount))
        {
            error = unit == LimitUnit.Usd
                ? "'limit' must be dollars from 0 on with at most six decimals"
                : "'limit' must be a whole number from 0 to 9007199254740991";
        }
        else
        {
            limit = new Limit(unit, amount, window);
        }
        return error is null;
    }

    /// <summary>Limits as they are kept.</summary>
    public static string Write(IEnumerable<Limit> limits) => JsonSerializer.Serialize(limits.Select(Of));

    /// <summary>Reads limits as they are kept.</summary>
    /// <exception cref="FormatException">The store holds something else.</exception>
    public static ImmutableArray<Limit> Read(string json)
    {
        try
        {
            var documents = JsonSerializer.Deserialize<LimitDocument?[]>(json) ?? throw new FormatException("The stored limits are null.");
            return [.. documents.Select(Read)];
        }
        catch (JsonException e)
        {
            throw new FormatException("The stored limits are no list of limits.", e);
        }
    }

    private static Limit Read(LimitDocument? document)
    {
        var error = "it is null";
        return document?.TryRead(out var limit, out error) == true ? limit : throw new FormatException($"A stored limit is not valid: {error}.");
    }

    private static bool TryParse<T>(string? text, out T value)
        where T : struct, Enum
    {
        value = default;
        return text is not null && text.All(char.IsAsciiLetterLower) && Enum.TryParse(text, ignoreCase: true, out value);
    }

    private bool TryReadAmount(LimitUnit unit, out long amount)
    {
        amount = 0;
        if (Limit is not { } value)
        {
            return false;
        }
        if (unit == LimitUnit.Usd)
        {
            return MicroUsd.TryFromUsd(value, out amount);
        }
        if (value < 0 || value > Limits.Limit.MaxAmount || decimal.Truncate(value) != value)
        {
            return false;
        }
        amount = (long)value;
        return true;
    }
}
