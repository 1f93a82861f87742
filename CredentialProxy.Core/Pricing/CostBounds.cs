using CredentialProxy.Core.Usage;

namespace CredentialProxy.Core.Pricing;

/// <summary>What a request can use at most.</summary>
public readonly record struct CostBounds
{
    /// <summary>Input tokens, those of tool results included.</summary>
    public long InputTokens { get; init; }

    /// <summary>Output tokens, all answers together.</summary>
    public long OutputTokens { get; init; }

    /// <summary>Whether input may be written to a cache.</summary>
    public bool MayWriteCache { get; init; }

    /// <summary>Whether input may be written to a cache for long.</summary>
    public bool MayWriteLongCache { get; init; }

    /// <summary>Whether input may be images, sound or film.</summary>
    public bool MayHaveMedia { get; init; }

    /// <summary>The terms that are asked for.</summary>
    public ServiceTerms Terms { get; init; }

    /// <summary>Calls of tools.</summary>
    public ToolCalls Calls { get; init; }
}
