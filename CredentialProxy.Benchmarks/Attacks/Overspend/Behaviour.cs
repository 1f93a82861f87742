namespace CredentialProxy.Benchmarks.Attacks.Overspend;

/// <summary>How the provider, or the clients, behave in a round. Whatever happens, the provider produces as much as the output limit lets it.</summary>
internal enum Behaviour
{
    /// <summary>The provider does as it should.</summary>
    Plain,

    /// <summary>It takes its time, before an answer and within.</summary>
    Slow,

    /// <summary>It breaks connections, before the first byte or anywhere after.</summary>
    Cutting,

    /// <summary>It says nothing of usage.</summary>
    Silent,

    /// <summary>It tells the usage of a stream in several events, each with more than the one before.</summary>
    Stuttering,

    /// <summary>It claims many times what it has produced, and more than what is reserved.</summary>
    Boasting,

    /// <summary>The clients leave in the middle.</summary>
    Leaving,

    /// <summary>It thinks before its first word, which is billed and which nobody sees, and the clients leave meanwhile.</summary>
    Thinking,

    /// <summary>Each request meets another of these.</summary>
    Mixed,
}

/// <summary>What one request meets.</summary>
/// <param name="Fault">What the mock is told to do wrong; null for nothing.</param>
/// <param name="LeavesAfter">When the client leaves; null for not before the end.</param>
/// <param name="LeavesAfterBytes">After how much of its answer the client leaves; null for not before the end.</param>
/// <param name="Thinks">Whether all of the answer but its last word is thought.</param>
internal readonly record struct Misfortune(string? Fault = null, TimeSpan? LeavesAfter = null, int? LeavesAfterBytes = null, bool Thinks = false)
{
    private static readonly Behaviour[] Single = [Behaviour.Plain, Behaviour.Slow, Behaviour.Cutting, Behaviour.Silent, Behaviour.Stuttering, Behaviour.Boasting, Behaviour.Leaving, Behaviour.Thinking];

    /// <summary>Draws what the next request meets.</summary>
    /// <param name="behaviour">The round's behaviour.</param>
    /// <param name="draws">Where to draw from.</param>
    /// <param name="maxTokens">The request's output limit.</param>
    /// <param name="mayLeave">
    /// Whether its client may leave: not where requests at a time are counted, for a provider notices somewhat later that its client has gone than the gateway does.
    /// </param>
    public static Misfortune Draw(Behaviour behaviour, Draws draws, int maxTokens, bool mayLeave) => behaviour switch
    {
        Behaviour.Mixed => Draw(draws.Pick<Behaviour>(Single), draws, maxTokens, mayLeave),
        Behaviour.Slow => new($$"""{"delayMs":{{draws.Between(0, 150)}},"chunkDelayMs":{{draws.Between(0, 3)}}}"""),
        Behaviour.Cutting when draws.Chance(0.2) => new("""{"reset":true}"""),
        Behaviour.Cutting => new($$"""{"cutAfterChunks":{{draws.Between(1, maxTokens + 2)}}}"""),
        Behaviour.Silent => new("""{"missingUsage":true}"""),
        Behaviour.Stuttering => new($$"""{"usageEvents":{{draws.Between(2, 5)}}}"""),
        Behaviour.Boasting => new($$"""{"claimInput":{{draws.Between(1, 5000)}},"claimOutput":{{maxTokens * draws.Between(1, 20)}}}"""),
        Behaviour.Leaving when mayLeave && draws.Chance(0.5) => new($$"""{"chunkDelayMs":{{draws.Between(0, 2)}}}""", LeavesAfter: TimeSpan.FromMilliseconds(draws.Between(5, 120))),
        // The cheapest of answers: its first event, and nothing that tells what it cost.
        Behaviour.Leaving when mayLeave => new($$"""{"chunkDelayMs":{{draws.Between(0, 2)}}}""", LeavesAfterBytes: draws.Between(1, 2000)),
        Behaviour.Thinking => new(
            $$"""{"reasoningPerSecond":{{draws.Between(100, 2000)}}}""", LeavesAfter: mayLeave && draws.Chance(0.8) ? TimeSpan.FromMilliseconds(draws.Between(5, 400)) : null, Thinks: true),
        _ => new("""{"delayMs":20}"""),
    };
}
