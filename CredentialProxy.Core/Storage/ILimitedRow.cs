namespace CredentialProxy.Core.Storage;

/// <summary>A row that limits hang on.</summary>
public interface ILimitedRow : IVersionedRow
{
    /// <summary>Limits, as a JSON array of <c>{"unit","limit","window"}</c>, <c>usd</c> in dollars; see <see cref="Grants.LimitDocument"/>.</summary>
    string LimitsJson { get; set; }
}
