using System.Collections.Frozen;
using CredentialProxy.Core.Pricing;

namespace CredentialProxy.Gateway.Measuring;

/// <summary>Models as a label: those that the price table names, and one for all others, since a client may write what it likes.</summary>
internal sealed class ModelLabels(PriceTable prices)
{
    private readonly FrozenSet<string> _known = prices.Listed.SelectMany(entry => entry.Models).Where(model => !model.Contains('*', StringComparison.Ordinal)).ToFrozenSet(StringComparer.Ordinal);

    /// <summary>The label of a model; that of none where the request names none.</summary>
    public string Of(string model) => model.Length == 0 ? BoundedLabels.None : _known.TryGetValue(model, out var known) ? known : BoundedLabels.Other;
}
