using System.Globalization;

namespace CredentialProxy.Admin.Api;

/// <summary>A problem detail (RFC 9457) with a stable code and, where fields were wrong, what was wrong with each.</summary>
/// <param name="Status">HTTP status.</param>
/// <param name="Code">Stable code.</param>
/// <param name="Detail">What was wrong and what would be right.</param>
internal sealed record ApiProblem(int Status, string Code, string Detail)
{
    /// <summary>What was wrong, by field.</summary>
    public IReadOnlyDictionary<string, string>? Errors { get; init; }

    /// <summary>When to try again.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>Id of the object that it is about; null where there is none.</summary>
    public string? ObjectId { get; init; }

    public static ApiProblem NotFound(string what) => new(StatusCodes.Status404NotFound, "not_found", $"There is no such {what}.");

    public static ApiProblem Invalid(IReadOnlyDictionary<string, string> errors) =>
        new(StatusCodes.Status400BadRequest, "invalid_request", string.Join("; ", errors.Select(error => $"{error.Key}: {error.Value}"))) { Errors = errors };

    /// <summary>One field that is wrong.</summary>
    public static ApiProblem Invalid(string field, string rule) => Invalid(new Dictionary<string, string> { [field] = rule });

    public IResult ToResult()
    {
        var extensions = new Dictionary<string, object?> { ["code"] = Code };
        if (Errors is not null)
        {
            extensions["errors"] = Errors;
        }
        if (ObjectId is not null)
        {
            extensions["id"] = ObjectId;
        }
        var problem = Results.Problem(Detail, statusCode: Status, title: Microsoft.AspNetCore.WebUtilities.ReasonPhrases.GetReasonPhrase(Status), extensions: extensions);
        return RetryAfter is { } wait ? new RetriedResult(problem, wait) : problem;
    }

    private sealed class RetriedResult(IResult problem, TimeSpan wait) : IResult
    {
        public Task ExecuteAsync(HttpContext httpContext)
        {
            httpContext.Response.Headers.RetryAfter = ((long)Math.Max(1, Math.Ceiling(wait.TotalSeconds))).ToString(CultureInfo.InvariantCulture);
            return problem.ExecuteAsync(httpContext);
        }
    }
}
