using System.Text.Json.Serialization;

namespace CredentialProxy.MockProvider.Capturing;

/// <summary>A request as it arrived.</summary>
internal sealed record CapturedRequest
{
    public required string Method { get; init; }

    public required string Path { get; init; }

    public required string Query { get; init; }

    public required IReadOnlyDictionary<string, string> Headers { get; init; }

    /// <summary>Bytes of the body so far.</summary>
    public long BodySize { get; set; }

    /// <summary>SHA-256 of the body in hexadecimal, once it is whole.</summary>
    public string? BodySha256 { get; set; }

    public required DateTimeOffset Time { get; init; }

    /// <summary>Whether its connection ended before its answer was whole.</summary>
    public bool IsAborted { get; set; }

    /// <summary>The body's first bytes as text, where they were asked for.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Body { get; set; }
}

/// <summary>The requests that arrived last, in their order.</summary>
internal sealed class CapturedRequests
{
    private const int Capacity = 10_000;

    private readonly Lock _lock = new();
    private readonly Queue<CapturedRequest> _requests = new();

    public void Add(CapturedRequest request)
    {
        lock (_lock)
        {
            if (_requests.Count == Capacity)
            {
                _requests.Dequeue();
            }
            _requests.Enqueue(request);
        }
    }

    public CapturedRequest[] All()
    {
        lock (_lock)
        {
            return [.. _requests];
        }
    }

    public void Clear()
    {
        lock (_lock)
        {
            _requests.Clear();
        }
    }
}
