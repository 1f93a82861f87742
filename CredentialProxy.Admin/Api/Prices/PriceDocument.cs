using CredentialProxy.Core.Pricing;
using CredentialProxy.Core.Storage;

namespace CredentialProxy.Admin.Api.Prices;

/// <summary>A price to be set: what it states of some models of one provider, in the words of a price file.</summary>
public sealed record PriceRequest : StatedPrice
{
    /// <summary>The provider's name.</summary>
    public string? Provider { get; init; }

    /// <summary>Names of its models, and patterns in which <c>*</c> is anything; 1 to 100. No two stored prices have the same one.</summary>
    public IReadOnlyList<string>? Match { get; init; }
}

/// <summary>A price as it is shown.</summary>
public sealed record PriceDocument : StatedPrice
{
    private PriceDocument(StatedPrice stated)
        : base(stated)
    {
    }

    /// <summary>Its id.</summary>
    public required string Id { get; init; }

    /// <summary>The provider's name.</summary>
    public required string Provider { get; init; }

    /// <summary>Names and patterns of models.</summary>
    public required IReadOnlyList<string> Match { get; init; }

    /// <summary>When it was set first.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>The document of a row. Of one that a later version has written, what this one knows: nothing.</summary>
    internal static PriceDocument Of(PriceRow row)
    {
        string[] match = [.. row.Match.Select(match => match.Pattern).Order(StringComparer.Ordinal)];
        return new(Read(row, match)) { Id = row.Id, Provider = row.Provider, Match = match, CreatedAt = row.CreatedAt };
    }

    /// <summary>As an entry of the table.</summary>
    internal ListedPrice Listed => ListedPrice.Of(this, Id, Provider, Match);

    private static StatedPrice Read(PriceRow row, IEnumerable<string> match)
    {
        try
        {
            return OperatorPrice.Read(row.Id, row.CreatedAt, row.Provider, match, row.StatedJson).Stated;
        }
        catch (FormatException)
        {
            return new StatedPrice();
        }
    }
}
