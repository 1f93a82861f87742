using System.Buffers;
using System.Text;
using System.Text.Json;
using CredentialProxy.Admin.Authorizing;
using CredentialProxy.Admin.Quoting;
using CredentialProxy.Core.Grants;
using CredentialProxy.Core.Judging;
using CredentialProxy.Core.Limits;
using CredentialProxy.Core.Routing;
using CredentialProxy.Core.Vault;

namespace CredentialProxy.Admin.Api.Quotes;

/// <summary>Can this token afford this request? Answered by the gateway's own rules, and nothing is held.</summary>
internal sealed class QuoteApi(QuotedGrants grants, Quoter quoter, QuotedLimits limits, SettlementBarrier settled)
{
    private static readonly string[] Methods = ["GET", "POST", "PUT", "PATCH", "DELETE"];

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapPost("/api/quote", (QuoteApi api, QuoteRequest request, HttpContext http) => api.AnswerAsync(request, http)).WithTags("Quotes")
            .Allow(AdminRole.Viewer, AdminRole.Minter).Produces<QuoteAnswer>().WithSummary("Tells what a request may cost at most, and whether it would be let through now")
            .WithDescription("Nothing is held for it. Limits count as they are at the moment; what gateways keep at hand for the next requests counts as there. The client's address and browser origin are not looked at.");

    /// <summary>Answers.</summary>
    public async Task<IResult> AnswerAsync(QuoteRequest request, HttpContext http)
    {
        var errors = new FieldErrors();
        var method = request.Method ?? "POST";
        errors.Require(Methods.Contains(method), "method", $"must be {string.Join(", ", Methods)}");
        var isPath = RequestTarget.TryParse(request.Path ?? "", out var target) && target.Query.Length == 0;
        errors.Require(isPath, "path", "must be a plain absolute path without a query, such as /openai/v1/chat/completions");
        if (errors.Problem is { } problem)
        {
            return problem.ToResult();
        }
        var (grant, unknown) = await grants.FindAsync(request, http);
        if (grant is null)
        {
            return unknown!.ToResult();
        }
        await settled.WaitAsync(http.RequestAborted);
        return Results.Ok(await AnswerAsync(grant, quoter.Judge(grant, method, target.Path, BodyOf(request)), http.RequestAborted));
    }

    private async Task<QuoteAnswer> AnswerAsync(Grant grant, Quoted quoted, CancellationToken cancellationToken)
    {
        if (quoted.Refusal is { } refused)
        {
            return Describe(quoted, quoted.WorstCase, null, quoted.WorstCase is { } most ? await limits.ReadAsync(grant, null, most, cancellationToken) : [], refused);
        }
        QuoteAnswer? first = null;
        // The gateway takes the first credential that has room; where none has, it tells of one that has not.
        foreach (var (credential, worstCase, cantServe) in quoted.Credentials)
        {
            var states = await limits.ReadAsync(grant, credential, worstCase, cancellationToken);
            var answer = Describe(quoted, worstCase, credential, states, cantServe ?? Shortage(states));
            if (answer.Allowed)
            {
                return answer;
            }
            first ??= answer;
        }
        return first!;
    }

    private static QuoteAnswer Describe(Quoted quoted, Demand? worstCase, Credential? credential, IReadOnlyList<QuotedLimit> states, Refusal? refusal) => new(
        refusal is null, refusal is null ? null : RefusalCodes.NameOf(refusal.Code), refusal?.Message, refusal?.Parameter, quoted.Provider?.Name, quoted.Model.Length == 0 ? null : quoted.Model,
        worstCase?.Tokens, worstCase is { } demand ? MicroUsd.ToUsd(demand.CostMicroUsd) : null, quoted.IsFallbackPrice, credential?.Id, states);

    private static Refusal? Shortage(IReadOnlyList<QuotedLimit> states)
    {
        if (states.FirstOrDefault(state => !state.Fits) is not { } state)
        {
            return null;
        }
        var code = state.Unit switch
        {
            "concurrent" => RefusalCode.ConcurrencyLimitExceeded,
            "requests" => RefusalCode.RateLimitExceeded,
            _ => state.Window is "minute" or "second" ? RefusalCode.RateLimitExceeded : RefusalCode.BudgetExceeded,
        };
        return new Refusal(code, FormattableString.Invariant($"The {state.Account}'s limit of {state.Limit} {state.Unit}, window {state.Window}, has {state.Remaining} left, which the most this request can use, {state.Needed}, does not fit in."));
    }

    // As it was written: what the rules read must be what would be sent.
    private static ReadOnlySequence<byte> BodyOf(QuoteRequest request) =>
        request.Body is { ValueKind: not JsonValueKind.Undefined } body ? new(Encoding.UTF8.GetBytes(body.GetRawText())) : ReadOnlySequence<byte>.Empty;
}
