namespace CredentialProxy.Admin.Storage;

/// <summary>Values that usage is rolled up by, each combination once. Roll-ups name it by its number, which makes them a third as large.</summary>
internal abstract class SeriesRow
{
    /// <summary>Number, given when the combination is first seen.</summary>
    public int Id { get; set; }

    /// <summary>Hash of the values, by which a combination is found whatever their length.</summary>
    public required Guid Hash { get; set; }
}

/// <summary>A series that tells apart what was used.</summary>
internal abstract class SeriesOfModelRow : SeriesRow
{
    /// <summary>Id of the credential.</summary>
    public required string CredentialId { get; set; }

    /// <summary>The provider's name.</summary>
    public required string Provider { get; set; }

    /// <summary>The model; empty where the endpoint has none.</summary>
    public required string Model { get; set; }
}

/// <summary>Who used what.</summary>
internal sealed class UsageSeriesRow : SeriesOfModelRow
{
    /// <summary>Id of the token.</summary>
    public required string TokenId { get; set; }

    /// <summary>The project, null for none.</summary>
    public string? ProjectId { get; set; }
}

/// <summary>Who used anything.</summary>
internal sealed class UsageTokenSeriesRow : SeriesRow
{
    /// <summary>Id of the token.</summary>
    public required string TokenId { get; set; }

    /// <summary>The project, null for none.</summary>
    public string? ProjectId { get; set; }
}

/// <summary>What all tokens of a project used.</summary>
internal sealed class UsageProjectSeriesRow : SeriesOfModelRow
{
    /// <summary>The project, null for none.</summary>
    public string? ProjectId { get; set; }
}

/// <summary>What all tokens of all projects used.</summary>
internal sealed class UsageModelSeriesRow : SeriesOfModelRow;
