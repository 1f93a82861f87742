using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using CredentialProxy.MockProvider.Capturing;
using CredentialProxy.MockProvider.Faults;

namespace CredentialProxy.MockProvider.Control;

/// <summary>What every request to a provider's API goes through: it is captured, its key is checked, its body read, its fault taken.</summary>
internal sealed class FrontDoor(MockProviderOptions options, CapturedRequests captured, ProducedUsage usage, UnderWay underWay, FaultStore faults, Gates gates, TimeProvider time)
{
    private const int KeptBodyBytes = 64 * 1024;

    /// <summary>Admits a request; null when it has been answered already.</summary>
    public async Task<Exchange?> AdmitAsync(HttpContext context)
    {
        var request = context.Request;
        var record = new CapturedRequest
        {
            Method = request.Method,
            Path = request.Path,
            Query = request.QueryString.Value ?? "",
            Headers = request.Headers.ToDictionary(header => header.Key.ToLowerInvariant(), header => string.Join(", ", header.Value.ToArray())),
            Time = time.GetUtcNow(),
        };
        captured.Add(record);
        var isAnswered = false;
        context.Response.OnCompleted(() => Task.FromResult(isAnswered = true));
        context.RequestAborted.Register(() => record.IsAborted = !isAnswered);
        var provider = ProviderOf(request);
        var (isJson, body) = await ReadAsync(request, record);
        record.Body = Encoding.UTF8.GetString(body.AsSpan(0, Math.Min(body.Length, KeptBodyBytes)));
        var key = KeyOf(request, provider);
        var exchange = new Exchange(context, provider, key ?? "", usage, gates, time);
        context.Features.Set(exchange);
        // The address of a resumable upload is all that its client shows.
        var isUploadSession = request.Path.StartsWithSegments("/upload/v1beta/sessions", StringComparison.Ordinal);
        if (!isUploadSession && (string.IsNullOrEmpty(key) || (options.AcceptedKeys.Count > 0 && !options.AcceptedKeys.Contains(key))))
        {
            await exchange.FailAsync(StatusCodes.Status401Unauthorized, "Incorrect API key provided. You can find your API key in your account's settings.");
            return null;
        }
        try
        {
            exchange.Fault = request.Headers.TryGetValue("x-mock-fault", out var header) ? Fault.Parse(header.ToString()) : faults.Take(request.Method, request.Path) ?? Fault.None;
            exchange.Body = isJson && body.Length > 0 ? JsonNode.Parse(body) as JsonObject : null;
            exchange.Begin(underWay);
        }
        catch (Exception e) when (e is JsonException or FormatException)
        {
            await exchange.FailAsync(StatusCodes.Status400BadRequest, e is FormatException ? e.Message : "We could not parse the JSON body of your request.");
            return null;
        }
        return await exchange.TryFailAsync() ? null : exchange;
    }

    private static ApiKind ProviderOf(HttpRequest request)
    {
        var path = request.Path;
        if (path.StartsWithSegments("/v1beta/openai", StringComparison.Ordinal))
        {
            return ApiKind.GeminiOpenAI;
        }
        if (path.StartsWithSegments("/v1beta", StringComparison.Ordinal) || path.StartsWithSegments("/v1alpha", StringComparison.Ordinal) || path.StartsWithSegments("/upload", StringComparison.Ordinal)
            || (path.StartsWithSegments("/v1/models", StringComparison.Ordinal) && path.Value!.Contains(':', StringComparison.Ordinal)))
        {
            return ApiKind.Gemini;
        }
        if (path.StartsWithSegments("/api/v1/messages", StringComparison.Ordinal) || path.StartsWithSegments("/v1/messages", StringComparison.Ordinal) || request.Headers.ContainsKey("anthropic-version"))
        {
            return ApiKind.Anthropic;
        }
        return path.StartsWithSegments("/api", StringComparison.Ordinal) ? ApiKind.OpenRouter : ApiKind.OpenAI;
    }

    // The key where that provider looks for it, and nowhere else.
    private string? KeyOf(HttpRequest request, ApiKind provider)
    {
        if (options.FurtherSlots.Select(slot => request.Headers[slot].FirstOrDefault() ?? request.Query[slot].FirstOrDefault()).FirstOrDefault(key => key is not null) is { } further)
        {
            return further;
        }
        var bearer = request.Headers.Authorization.ToString() is { Length: > 7 } value && value.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase) ? value[7..] : null;
        return provider switch
        {
            ApiKind.Anthropic => request.Headers["x-api-key"].FirstOrDefault() ?? bearer,
            ApiKind.Gemini => request.Headers["x-goog-api-key"].FirstOrDefault() ?? request.Query["key"].FirstOrDefault(),
            _ => bearer,
        };
    }

    private static async Task<(bool IsJson, byte[] Body)> ReadAsync(HttpRequest request, CapturedRequest record)
    {
        var isJson = request.ContentType?.Contains("json", StringComparison.OrdinalIgnoreCase) == true;
        using var kept = new MemoryStream();
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = new byte[64 * 1024];
        int count;
        while ((count = await request.Body.ReadAsync(buffer)) > 0)
        {
            record.BodySize += count;
            hash.AppendData(buffer, 0, count);
            if (isJson || kept.Length < KeptBodyBytes)
            {
                kept.Write(buffer, 0, count);
            }
        }
        record.BodySha256 = Convert.ToHexStringLower(hash.GetHashAndReset());
        return (isJson, kept.ToArray());
    }
}

/// <summary>Puts the front door before the providers' routes; the control endpoints are beside it.</summary>
internal sealed class FrontDoorMiddleware(RequestDelegate next, FrontDoor door)
{
    public async Task InvokeAsync(HttpContext context)
    {
        if (context.Request.Path.Value!.StartsWith("/__", StringComparison.Ordinal) || context.Request.Path == "/health")
        {
            await next(context);
        }
        else
        {
            try
            {
                if (await door.AdmitAsync(context) is not null)
                {
                    await next(context);
                }
            }
            finally
            {
                context.Features.Get<Exchange>()?.End();
            }
        }
    }
}
