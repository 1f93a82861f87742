using System.Text.Json;

namespace CredentialProxy.Core.Pricing;

/// <summary>A price that an operator has set over the API: what it states of some models of one provider. It makes sense by construction, and any number of them do together.</summary>
public sealed class OperatorPrice
{
    /// <summary>Most prices that are stored. All of them are in every gateway's memory, and compiled anew with each change.</summary>
    public const int MaxCount = 1000;

    // What they are does not matter to whether a price makes sense.
    private static readonly PricingOptions Defaults = new();

    private OperatorPrice(string id, DateTimeOffset createdAt, string provider, string[] match, StatedPrice stated) =>
        (Id, CreatedAt, Provider, Match, Stated) = (id, createdAt, provider, match, stated);

    /// <summary>Its id.</summary>
    public string Id { get; }

    /// <summary>When it was set first.</summary>
    public DateTimeOffset CreatedAt { get; }

    /// <summary>The provider.</summary>
    public string Provider { get; }

    /// <summary>Names and patterns of models.</summary>
    public IReadOnlyList<string> Match { get; }

    /// <summary>What it states.</summary>
    public StatedPrice Stated { get; }

    internal PriceEntry Entry => new()
    {
        Provider = Provider,
        Match = [.. Match],
        Input = Stated.Input,
        CachedInput = Stated.CachedInput,
        CacheWrite = Stated.CacheWrite,
        CacheWriteHour = Stated.CacheWriteHour,
        Output = Stated.Output,
        AudioInput = Stated.AudioInput,
        CachedAudioInput = Stated.CachedAudioInput,
        ImageInput = Stated.ImageInput,
        VideoInput = Stated.VideoInput,
        AudioOutput = Stated.AudioOutput,
        ImageOutput = Stated.ImageOutput,
        VideoOutput = Stated.VideoOutput,
        Tiers = Stated.Tiers is null ? null : [.. Stated.Tiers],
        Context = Stated.Context,
        MaxOutput = Stated.MaxOutput,
    };

    /// <summary>What a price states, as it is kept. The same always gives the same text.</summary>
    public static string Write(StatedPrice stated) => JsonSerializer.Serialize(stated, PriceFileContext.Default.StatedPrice);

    /// <summary>Reads a price as it is kept.</summary>
    /// <exception cref="FormatException">
    /// It makes no sense, or says something that this version does not know: half of it might be the wrong price.
    /// </exception>
    public static OperatorPrice Read(string id, DateTimeOffset createdAt, string provider, IEnumerable<string> match, string stated)
    {
        try
        {
            var read = JsonSerializer.Deserialize(stated, PriceFileContext.Default.StatedPrice);
            if (read is null || read.Tools?.Contains(null!) == true)
            {
                throw new FormatException("The stored price, or a tool in it, is null.");
            }
            // Two that hold the same are written alike, in whatever order their names come.
            var price = new OperatorPrice(id, createdAt, provider, [.. match.Order(StringComparer.Ordinal)], read);
            _ = PriceLayer.Of([price], Defaults);
            return price;
        }
        catch (JsonException e)
        {
            throw new FormatException("The stored price is not one that this version knows.", e);
        }
        catch (InvalidPriceFileException e)
        {
            throw new FormatException(e.Message, e);
        }
    }
}
