namespace CredentialProxy.Benchmarks.Chaos.Books;

/// <summary>A claim about a run, and whether it holds.</summary>
/// <param name="Claim">What must hold.</param>
/// <param name="Holds">Whether it does.</param>
/// <param name="Figures">By what figures.</param>
internal sealed record Check(string Claim, bool Holds, string Figures);
