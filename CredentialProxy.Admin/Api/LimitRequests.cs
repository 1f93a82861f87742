using CredentialProxy.Admin.Api.Tokens;
using CredentialProxy.Core.Grants;
using CredentialProxy.Core.Limits;

namespace CredentialProxy.Admin.Api;

/// <summary>Limits in requests and answers.</summary>
internal static class LimitRequests
{
    /// <summary>The limits as they are stored; null when the request states none, or wrong ones.</summary>
    public static string? Read(IReadOnlyList<LimitDocument>? documents, FieldErrors errors, string field = "limits")
    {
        if (documents is null)
        {
            return null;
        }
        errors.Require(documents.Count <= LimitDocument.MaxCount, field, $"must have at most {LimitDocument.MaxCount} items");
        var limits = new List<Limit>();
        for (var i = 0; i < documents.Count; i++)
        {
            if (documents[i] is { } document && document.TryRead(out var limit, out var error))
            {
                errors.Require(!limits.Any(other => other.Unit == limit.Unit && other.Window == limit.Window), $"{field}[{i}]", "is there twice: one limit for each unit and window");
                limits.Add(limit);
            }
            else
            {
                errors.Require(false, $"{field}[{i}]", documents[i] is null ? "must be an object" : ErrorOf(documents[i]));
            }
        }
        return LimitDocument.Write(limits);
    }

    /// <summary>Limits with what has been used of them.</summary>
    public static async Task<IReadOnlyList<LimitState>> StatesAsync(AccountId account, string limitsJson, IQuotaAuthority authority, CancellationToken cancellationToken)
    {
        var limits = LimitDocument.Read(limitsJson);
        if (limits.IsEmpty)
        {
            return [];
        }
        var states = await authority.ReadAsync([.. limits.Select(limit => new CounterKey(account, limit.Unit, limit.Window))], cancellationToken);
        return [.. limits.Zip(states, (limit, state) => Describe(limit, state))];
    }

    /// <summary>The same after a change that stands whatever becomes of its answer: without what has been used where that can't be read at the moment.</summary>
    public static async Task<IReadOnlyList<LimitState>> StatesAfterChangeAsync(AccountId account, string limitsJson, IQuotaAuthority authority)
    {
        try
        {
            return await StatesAsync(account, limitsJson, authority, CancellationToken.None);
        }
        catch (QuotaAuthorityUnavailableException)
        {
            return Describe(limitsJson);
        }
    }

    /// <summary>Limits without what has been used of them.</summary>
    public static IReadOnlyList<LimitState> Describe(string limitsJson) => [.. LimitDocument.Read(limitsJson).Select(limit => Describe(limit, null))];

    private static LimitState Describe(Limit limit, CounterState? state) => new()
    {
        Unit = LimitDocument.NameOf(limit.Unit),
        Limit = Amount(limit.Unit, limit.Amount),
        Window = LimitDocument.NameOf(limit.Window),
        Spent = state is null ? null : Amount(limit.Unit, state.Value.Spent),
        Reserved = state is null ? null : Amount(limit.Unit, state.Value.Leased),
        Remaining = state is null ? null : Amount(limit.Unit, Math.Max(0, limit.Amount - state.Value.Spent)),
    };

    /// <summary>An amount as the API writes it: money in dollars.</summary>
    public static decimal Amount(LimitUnit unit, long amount) => unit == LimitUnit.Usd ? MicroUsd.ToUsd(amount) : amount;

    private static string ErrorOf(LimitDocument document)
    {
        document.TryRead(out _, out var error);
        return error ?? "is not valid";
    }
}
