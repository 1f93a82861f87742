using CredentialProxy.Core.Grants;

namespace CredentialProxy.Core.Pricing;

/// <summary>The models that a price file says never reason. Every other one may produce output that nobody sees.</summary>
internal sealed class PlainModels
{
    private readonly ModelPattern[] _patterns;

    /// <summary>Reads a file's list.</summary>
    /// <exception cref="InvalidPriceFileException">An entry is no name or pattern.</exception>
    public PlainModels(PriceFile file, string name) => _patterns =
        [.. (file.NeverReason ?? []).Select(match => ModelPattern.TryParse(match, out var pattern) ? pattern : throw new InvalidPriceFileException($"{name}, neverReason: '{match}' is no model name or pattern."))];

    /// <summary>Whether a model is one of them: by its name, or by what follows a vendor's prefix, as OpenRouter has it.</summary>
    public bool Has(string model)
    {
        var name = model.AsSpan(model.IndexOf('/', StringComparison.Ordinal) + 1);
        foreach (var pattern in _patterns)
        {
            if (pattern.Matches(name))
            {
                return true;
            }
        }
        return false;
    }
}
