namespace CredentialProxy.Core.Inspection;

/// <summary>What is wrong with a body.</summary>
/// <param name="Message">What was wrong and what would be right; under a kilobyte, and nothing of the body's content in it but field names.</param>
/// <param name="Param">The field, null when it is the body as a whole.</param>
public sealed record InspectionError(string Message, string? Param = null);
