namespace CredentialProxy.Core.Inspection.Deciding;

/// <summary>Where a body says, or could say, what may have to be changed in it.</summary>
/// <param name="OutputLimits">Its output limits.</param>
/// <param name="Tier">The tier of service.</param>
/// <param name="AsksForStandardTier">Whether that is the standard one.</param>
/// <param name="Router">A router's price bounds; null for a body that prefers nothing of providers.</param>
internal readonly record struct FactPlaces(OutputLimitPlaces OutputLimits, MemberPlace Tier, bool AsksForStandardTier, RouterPrices? Router);
