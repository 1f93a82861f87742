using System.Text.Json;
using System.Text.RegularExpressions;
using CredentialProxy.Admin.Api;
using CredentialProxy.Admin.Storage;
using CredentialProxy.Core.Limits;
using CredentialProxy.Core.Objects;
using Microsoft.AspNetCore.Authentication;

namespace CredentialProxy.Admin.Authorizing;

/// <summary>Stands before every route of the control plane: lets in who may, and turns what goes wrong behind it into problem details.</summary>
internal sealed partial class AdminGate(AdminAuthenticator authenticator, ILogger<AdminGate> logger)
{
    /// <summary>Serves one request.</summary>
    public async Task InvokeAsync(HttpContext context, RequestDelegate next)
    {
        try
        {
            if (await RefuseAsync(context) is { } refused)
            {
                await AnswerAsync(context, refused);
                return;
            }
            await next(context);
            // The framework's own answers, to a method or a kind of body that a route has not, are a bare status.
            if (!context.Response.HasStarted && context.Response.StatusCode >= StatusCodes.Status400BadRequest)
            {
                await AnswerAsync(context, Explain(context.Response.StatusCode));
            }
        }
        catch (BadHttpRequestException e)
        {
            await AnswerAsync(context, Explain(e));
        }
        catch (QuotaAuthorityUnavailableException e)
        {
            Log.AccountsUnavailable(logger, e);
            await AnswerAsync(context, new ApiProblem(StatusCodes.Status503ServiceUnavailable, "accounts_unavailable", "The accounts can't be read or written at the moment.") { RetryAfter = TimeSpan.FromSeconds(1) });
        }
        catch (ObjectOwnersUnavailableException e)
        {
            Log.OwnersUnavailable(logger, e);
            await AnswerAsync(context, new ApiProblem(StatusCodes.Status503ServiceUnavailable, "accounts_unavailable", "Who made which stored object can't be read or written at the moment.") { RetryAfter = TimeSpan.FromSeconds(1) });
        }
        catch (Exception e) when (StoreFailures.IsUnavailable(e) && !context.RequestAborted.IsCancellationRequested)
        {
            Log.StoreUnavailable(logger, e.Message);
            await AnswerAsync(context, new ApiProblem(StatusCodes.Status503ServiceUnavailable, "store_unavailable", "The database can't be reached or is too busy at the moment.") { RetryAfter = TimeSpan.FromSeconds(1) });
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            Log.ClientLeft(logger);
        }
        catch (Exception e)
        {
            Log.Failed(logger, context.Request.Path, e);
            await AnswerAsync(context, new ApiProblem(StatusCodes.Status500InternalServerError, "internal_error", "The control plane failed on this request; its log tells why."));
        }
    }

    private async ValueTask<ApiProblem?> RefuseAsync(HttpContext context)
    {
        var rule = context.GetEndpoint()?.Metadata.GetMetadata<AccessRule>() ?? AccessRule.AdminOnly;
        if (rule.IsOpen)
        {
            return null;
        }
        var (caller, problem) = await authenticator.AuthenticateAsync(context);
        if (caller is null)
        {
            return problem;
        }
        context.Features.Set(caller);
        return rule.Allows(caller) ? null : new ApiProblem(StatusCodes.Status403Forbidden, "admin_required", rule.Needed);
    }

    private static ApiProblem Explain(BadHttpRequestException e)
    {
        if (e.StatusCode != StatusCodes.Status400BadRequest)
        {
            return Explain(e.StatusCode);
        }
        if (e.InnerException is JsonException json)
        {
            var detail = $"The body is not what this resource takes, at {json.Path ?? "$"}: {Shorten(json.Message)}";
            return new ApiProblem(e.StatusCode, "invalid_request", detail) { Errors = json.Path is { Length: > 2 } path ? new Dictionary<string, string> { [path[2..]] = Shorten(json.Message) } : null };
        }
        return WrongParameter().Match(e.Message) is { Success: true } parameter
            ? ApiProblem.Invalid(JsonNamingPolicy.CamelCase.ConvertName(parameter.Groups[1].Value), "must be of the right type")
            : Explain(e.StatusCode);
    }

    private static ApiProblem Explain(int status) => status switch
    {
        StatusCodes.Status404NotFound => ApiProblem.NotFound("resource"),
        StatusCodes.Status405MethodNotAllowed => new ApiProblem(status, "method_not_allowed", "This resource does not take this method."),
        StatusCodes.Status413PayloadTooLarge => new ApiProblem(status, "request_too_large", "The body is larger than 256 KiB."),
        StatusCodes.Status415UnsupportedMediaType => new ApiProblem(status, "unsupported_media_type", "The body must be JSON, and say so: Content-Type: application/json."),
        _ => new ApiProblem(status, "invalid_request", "The request is not what this resource takes: its body must be a JSON object, and its parameters of the right type."),
    };

    // As the framework puts it, for its developers: Failed to bind parameter "Nullable<int> limit" from "x".
    [GeneratedRegex("^Failed to bind parameter \"[^\"]* ([A-Za-z]+)\"", RegexOptions.CultureInvariant)]
    private static partial Regex WrongParameter();

    // The serializer names the member and the type it wants; what comes after that is for its developers.
    private static string Shorten(string message)
    {
        var end = message.IndexOf(" Path:", StringComparison.Ordinal);
        return (end > 0 ? message[..end] : message) is { Length: <= 300 } text ? text : "it is malformed";
    }

    private static async Task AnswerAsync(HttpContext context, ApiProblem problem)
    {
        if (context.Response.HasStarted)
        {
            context.Abort();
            return;
        }
        if (problem.Status == StatusCodes.Status401Unauthorized)
        {
            // Says what is wanted and what was wrong as RFC 6750 §3 has it.
            await context.ChallengeAsync(AdminSchemes.Jwt);
        }
        await problem.ToResult().ExecuteAsync(context);
    }

    private static partial class Log
    {
        [LoggerMessage(4001, LogLevel.Error, "A request for {Path} failed in the control plane")]
        public static partial void Failed(ILogger logger, string path, Exception exception);

        [LoggerMessage(4002, LogLevel.Error, "The accounts can't be read or written")]
        public static partial void AccountsUnavailable(ILogger logger, Exception exception);

        [LoggerMessage(4005, LogLevel.Error, "Who made which stored object can't be read or written")]
        public static partial void OwnersUnavailable(ILogger logger, Exception exception);

        [LoggerMessage(4004, LogLevel.Error, "The database can't be reached or is too busy: {Reason}")]
        public static partial void StoreUnavailable(ILogger logger, string reason);

        [LoggerMessage(4003, LogLevel.Debug, "The client went away")]
        public static partial void ClientLeft(ILogger logger);
    }
}
