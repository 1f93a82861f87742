namespace CredentialProxy.Core.Pricing;

/// <summary>How fast and how surely a provider serves a request, each at a multiple of its price.</summary>
public enum ServiceTier : byte
{
    /// <summary>What the price list is for: OpenAI's <c>default</c>, Anthropic's and Google's <c>standard</c>.</summary>
    Standard,

    /// <summary>Whatever the provider's account is set to.</summary>
    Auto,

    /// <summary>When there is room.</summary>
    Flex,

    /// <summary>Later, among others.</summary>
    Batch,

    /// <summary>Before others.</summary>
    Priority,

    /// <summary>OpenAI's other name for <see cref="Priority"/>; Anthropic's fast mode.</summary>
    Fast,

    /// <summary>OpenAI's fastest.</summary>
    Ultrafast,

    /// <summary>Capacity that the account has bought.</summary>
    Scale,

    /// <summary>One that has no name here.</summary>
    Unknown,
}

/// <summary>Where a model runs, which Anthropic has a price for.</summary>
public enum InferenceGeo : byte
{
    /// <summary>Not said: where the provider's account is set to.</summary>
    Unstated,

    /// <summary>Anywhere.</summary>
    Global,

    /// <summary>In the United States.</summary>
    Us,

    /// <summary>Somewhere that has no name here.</summary>
    Unknown,
}

/// <summary>The terms that a request asks for, or that an answer says it was served under.</summary>
/// <param name="Tier">The tier or mode of service.</param>
/// <param name="Geo">Where the model runs.</param>
public readonly record struct ServiceTerms(ServiceTier Tier, InferenceGeo Geo = InferenceGeo.Unstated);
