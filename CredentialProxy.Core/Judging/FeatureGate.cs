using CredentialProxy.Core.Grants;
using CredentialProxy.Core.Inspection;

namespace CredentialProxy.Core.Judging;

/// <summary>
/// Holds what a body asks for beyond plain generation against the grant. Where a limit in tokens or dollars is to hold, nothing may be asked for that has no bound, unless an operator
/// has granted it by name.
/// </summary>
public static class FeatureGate
{
    /// <summary>What makes the provider call addresses that the request or the model names.</summary>
    private const Features CallingOut = Features.RemoteMcp | Features.WebFetch;

    /// <summary>Refuses what is not granted.</summary>
    /// <param name="request">The request.</param>
    /// <param name="isLimited">Whether a limit in tokens or dollars is to hold: of the token, its project, or the credential that is to be used.</param>
    public static Refusal? Check(in JudgedRequest request, bool isLimited)
    {
        ref readonly var facts = ref request.Facts;
        var scope = request.Scope;
        if (facts.Features is { } features && (features.All & ~scope.Features) is var missing && missing != Features.None)
        {
            var forbidden = request.Grant.IsNarrowed ? missing & CallingOut : Features.None;
            forbidden |= scope.Models.IsEmpty ? Features.None : missing & Features.ModelChoice;
            if (forbidden != Features.None)
            {
                return Refuse(RefusalCode.FeatureNotAllowed, features.FieldOf(forbidden), forbidden, "which a token with limits, models or endpoints of its own must be granted by name");
            }
            if (isLimited)
            {
                return Unmetered(features.FieldOf(missing), missing);
            }
        }
        return isLimited ? CheckPrices(request, scope.Features) : null;
    }

    // Multipliers and modalities that no price is known for.
    private static Refusal? CheckPrices(in JudgedRequest request, Features granted)
    {
        ref readonly var facts = ref request.Facts;
        if (facts.UnknownTerm is "speed" or "inference_geo" && !granted.HasFlag(Features.ServiceTiers))
        {
            return Unmetered(facts.UnknownTerm, Features.ServiceTiers);
        }
        if (facts.Outputs == OutputKinds.None)
        {
            return null;
        }
        var needed = (facts.Outputs.HasFlag(OutputKinds.Image) && !request.Price!.HasImageOutput ? Features.ImageGeneration : Features.None)
            | (facts.Outputs.HasFlag(OutputKinds.Audio) && !request.Price!.HasAudioOutput ? Features.HostedTools : Features.None)
            | (facts.Outputs.HasFlag(OutputKinds.Video) ? Features.Videos : Features.None)
            | (facts.Outputs.HasFlag(OutputKinds.Other) ? Features.HostedTools : Features.None);
        needed &= ~granted;
        return needed == Features.None ? null : Unmetered("modalities", needed);
    }

    private static Refusal Unmetered(string field, Features missing) =>
        Refuse(RefusalCode.UnmeteredFeature, field, missing, "whose cost can't be bounded, and there is a limit in tokens or dollars to be held");

    private static Refusal Refuse(RefusalCode code, string field, Features missing, string why)
    {
        var name = FeatureNames.First(missing);
        return new Refusal(code, $"'{field}' asks for '{name}', {why}. An operator can grant the feature '{name}'.") { Parameter = field, IsFinal = true };
    }
}
