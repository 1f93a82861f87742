using CredentialProxy.Core.Inspection.Deciding;
using CredentialProxy.Core.Inspection.Extras;
using CredentialProxy.Core.Pricing;

namespace CredentialProxy.Core.Inspection;

/// <summary>What a request's body says of what it will cost.</summary>
public struct RequestFacts
{
    /// <summary>The model; empty where nothing was inspected.</summary>
    public string Model { readonly get => field ?? ""; set; }

    /// <summary>Whether a stream is asked for.</summary>
    public bool IsStream { get; set; }

    /// <summary>The request's own limit on output tokens, the larger where it states two; null for none.</summary>
    public long? OutputLimit { get; set; }

    /// <summary>How many answers are asked for, at least 1: <c>n</c> or <c>best_of</c>, <c>candidateCount</c>; for completions times the number of prompts.</summary>
    public int Choices { get; set; }

    /// <summary>
    /// At least as many tokens as the body's own input can have: one for each byte of text, since byte-level tokenizers never make more, and flat amounts for each
    /// image, for a conversation's frame and for the use of tools.
    /// </summary>
    public long InputTokenBound { get; set; }

    /// <summary>Bytes of text in the input, as JSON writes it.</summary>
    public long InputTextBytes { get; set; }

    /// <summary>At least as many tokens as the images in the input have; part of <see cref="InputTokenBound"/>.</summary>
    public long ImageTokenBound { get; set; }

    /// <summary>Thinking that may come on top of the output limit, in tokens: Gemini's <c>thinkingBudget</c>, and what Anthropic's exceeds <c>max_tokens</c> by.</summary>
    public long ThinkingBudget { get; set; }

    /// <summary>
    /// Whether there is input whose size the body doesn't tell: earlier answers, stored prompts, files, addresses; documents, sounds and films, of which bytes say nothing. It
    /// can be anything up to what the model can read.
    /// </summary>
    public bool HasUnseenInput { get; set; }

    /// <summary>Whether there is a member that may name a stored object which is no input.</summary>
    public bool HasReference { get; set; }

    /// <summary>Whether the body may name stored objects, so that a second look at it is due.</summary>
    public readonly bool MayNameObjects => HasUnseenInput || HasReference || HostedTools > 0;

    /// <summary>How many of the tools are the provider's own, which work on its side and may be charged by the call.</summary>
    public int HostedTools { get; set; }

    /// <summary>Whether input is marked for a cache.</summary>
    public bool WantsCacheWrite { get; set; }

    /// <summary>Whether input is marked for a cache of an hour.</summary>
    public bool WantsCacheHour { get; set; }

    /// <summary>Whether the client itself asks for usage at the end of its stream.</summary>
    public bool AsksForUsage { get; set; }

    /// <summary>The change that asks the provider for usage at the end of a stream; null where the client asked itself, or none is needed.</summary>
    public BodyEdit? UsageEdit { get; set; }

    /// <summary>
    /// At least as many tokens as the predicted output has: what of it the model does not take is billed as output, on top of the limit
    /// (https://developers.openai.com/api/docs/guides/predicted-outputs).
    /// </summary>
    public long PredictionTokenBound { get; set; }

    /// <summary>Whether the provider may write a summary of the conversation before it answers.</summary>
    public bool WantsCompaction { get; set; }

    /// <summary>Whether the input has images in it.</summary>
    public bool HasImages { get; set; }

    /// <summary>What the answer shall be made of besides text.</summary>
    public OutputKinds Outputs { get; set; }

    /// <summary>The terms of service that are asked for.</summary>
    public ServiceTerms Terms { get; set; }

    /// <summary>The field that asks for a tier or a place which has no name here; null for none.</summary>
    public string? UnknownTerm { get; set; }

    /// <summary>What is asked for beyond plain generation; null for nothing.</summary>
    public RequestedFeatures? Features { get; set; }

    /// <summary>Where the body says what may have to be changed.</summary>
    internal FactPlaces Places { get; set; }

    /// <summary>The changes that lower the output limit of each answer to <paramref name="tokens"/>; false where the dialect has none.</summary>
    public readonly bool TryClampOutput(long tokens, out BodyEdits edits) => Places.OutputLimits.TryClamp(tokens, out edits);
}
