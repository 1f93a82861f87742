namespace CredentialProxy.Core.Inspection.Deciding;

/// <summary>Where Gemini's <c>generationConfig</c> is, which holds the output limit, or could be.</summary>
internal struct GenerationConfigPlace
{
    /// <summary>The offset right after its opening brace; 0 when it is no object.</summary>
    public long InsideAt { get; set; }

    /// <summary>The offset of the null in its place; 0 when it is none.</summary>
    public long NullAt { get; set; }

    /// <summary>Whether it has members.</summary>
    public bool HasMembers { get; set; }

    /// <summary>Tells where an output limit can be put in, and in what words.</summary>
    public readonly void Describe(ref OutputLimitPlaces places, long insideRootAt)
    {
        const string Member = "\"maxOutputTokens\":";
        if (InsideAt > 0)
        {
            (places.InsertAt, places.InsertText) = (InsideAt, (Member, HasMembers ? "," : ""));
        }
        else if (NullAt > 0)
        {
            (places.InsertAt, places.InsertInstead, places.InsertText) = (NullAt, 4, ("{" + Member, "}"));
        }
        else
        {
            (places.InsertAt, places.InsertText) = (insideRootAt, ("\"generationConfig\":{" + Member, "},"));
        }
    }
}
