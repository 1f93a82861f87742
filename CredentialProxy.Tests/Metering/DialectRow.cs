using CredentialProxy.Core.Metering;
using CredentialProxy.Core.Providers;
using CredentialProxy.Core.Usage;

namespace CredentialProxy.Tests.Metering;

/// <summary>One dialect as its provider's SDK and servers write it. A further dialect is a further row in <see cref="DialectRows"/>.</summary>
public sealed record DialectRow
{
    public required string Name { get; init; }

    public required Dialect Dialect { get; init; }

    /// <summary>A request body that asks for a stream where the dialect has them.</summary>
    public required string Request { get; init; }

    public string? ModelInPath { get; init; }

    public bool IsStreamPath { get; init; }

    public required string Model { get; init; }

    public long? OutputLimit { get; init; }

    public int Choices { get; init; } = 1;

    public bool IsStream { get; init; }

    /// <summary>A plain answer.</summary>
    public required string Answer { get; init; }

    public required TokenUsage AnswerUsage { get; init; }

    /// <summary>A streamed answer; empty where the dialect has none.</summary>
    public string Stream { get; init; } = "";

    public AnswerForm StreamForm { get; init; } = AnswerForm.Sse;

    public TokenUsage StreamUsage { get; init; }

    /// <summary>Whether the stream marks its own end.</summary>
    public bool EndsItself { get; init; } = true;

    /// <summary>The text in the stream, whose tokens are counted when the stream breaks off before its usage.</summary>
    public string Text { get; init; } = "";

    public override string ToString() => Name;
}
