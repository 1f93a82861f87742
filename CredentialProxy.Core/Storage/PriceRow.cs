namespace CredentialProxy.Core.Storage;

/// <summary>A price that an operator has set.</summary>
public sealed class PriceRow : IVersionedRow
{
    /// <summary>Its id: <c>price_…</c></summary>
    public required string Id { get; set; }

    /// <summary>The provider.</summary>
    public required string Provider { get; set; }

    /// <summary>The models, in no order.</summary>
    public List<PriceMatchRow> Match { get; set; } = [];

    /// <summary>What it states, as <see cref="Pricing.OperatorPrice"/> writes it.</summary>
    public required string StatedJson { get; set; }

    /// <inheritdoc/>
    public required DateTimeOffset CreatedAt { get; set; }

    /// <inheritdoc/>
    public long Version { get; set; }
}

/// <summary>A name or pattern of models that a price is for. There is one price for each.</summary>
public sealed class PriceMatchRow
{
    /// <summary>The provider, that of the price.</summary>
    public required string Provider { get; set; }

    /// <summary>The name or pattern.</summary>
    public required string Pattern { get; set; }
}
