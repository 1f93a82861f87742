using CredentialProxy.Core.Pricing;

namespace CredentialProxy.Gateway.Measuring;

/// <summary>Models as a label: those that the price table names, and one for all others, since a client may write what it likes.</summary>
internal sealed class ModelLabels(Func<PriceTable> prices)
{
    /// <summary>The label of a model; that of none where the request names none.</summary>
    public string Of(string model) => model.Length == 0 ? BoundedLabels.None : prices().Named.TryGetValue(model, out var known) ? known : BoundedLabels.Other;
}
