using System.Buffers;
using System.Text;
using System.Text.Json;
using CredentialProxy.Core.Grants;
using CredentialProxy.Core.Pricing;
using CredentialProxy.Core.Storage;
using CredentialProxy.Core.Tokens;

namespace CredentialProxy.Core.Directories.Redis;

/// <summary>
/// What is kept as the directory carries it: one JSON object under short names, in which what is absent is left out. The same row always gives the same text, so that texts can be
/// compared. Readers pass over members that they don't know, so that a later version may add some.
/// </summary>
public static class DirectoryDocuments
{
    /// <summary>What this version writes, and the only one that it reads.</summary>
    private const int Version = 1;

    /// <summary>A token; its hash, and no part of itself.</summary>
    public static string Write(TokenRow row) => Write(json =>
    {
        json.WriteString("id", row.Id);
        json.WriteString("k", row.Kind);
        WriteText(json, "h", row.Hash);
        WriteText(json, "prj", row.ProjectId);
        WriteText(json, "crd", row.CredentialId);
        WriteList(json, "prv", row.Providers);
        WriteList(json, "mod", row.Models);
        WriteList(json, "ep", row.Endpoints);
        WriteList(json, "net", row.Cidrs);
        WriteList(json, "org", row.Origins);
        WriteList(json, "ft", row.Features);
        WriteLimits(json, row.LimitsJson);
        if (HasEnded(row))
        {
            json.WriteBoolean("off", true);
        }
        if (row.ExpiresAt is { } end)
        {
            json.WriteNumber("exp", end.ToUnixTimeMilliseconds());
        }
    });

    /// <summary>A project.</summary>
    public static string Write(ProjectRow row) => Write(json =>
    {
        WriteLimits(json, row.LimitsJson);
        WriteList(json, "ft", row.Features);
    });

    /// <summary>A credential; its key as it is kept, sealed or a reference.</summary>
    public static string Write(CredentialRow row) => Write(json =>
    {
        json.WriteString("prv", row.Provider);
        WriteText(json, "lbl", row.Label);
        json.WriteString("key", row.SealedSecret);
        WriteLimits(json, row.LimitsJson);
        json.WriteNumber("at", row.CreatedAt.ToUnixTimeMilliseconds());
    });

    /// <summary>A revoked id.</summary>
    public static string Write(RevocationRow row) => Write(json => json.WriteNumber("at", row.RevokedAt.ToUnixTimeMilliseconds()));

    /// <summary>A signing key: what proves. What signs is carried only where the two are the same, sealed.</summary>
    public static string Write(SigningKeyRow row) => Write(json =>
    {
        json.WriteString("alg", row.Algorithm);
        WriteText(json, "jwk", row.PublicKey);
        WriteText(json, "key", row.PublicKey is null ? row.SealedPrivateKey : null);
        json.WriteNumber("at", row.ActivatesAt.ToUnixTimeMilliseconds());
        if (row.ExpiresAt is { } end)
        {
            json.WriteNumber("exp", end.ToUnixTimeMilliseconds());
        }
    });

    /// <summary>A price; what it states as it is kept.</summary>
    public static string Write(PriceRow row) => Write(json =>
    {
        json.WriteString("prv", row.Provider);
        WriteList(json, "mod", [.. row.Match.Select(match => match.Pattern).Order(StringComparer.Ordinal)]);
        json.WriteString("prc", row.StatedJson);
        json.WriteNumber("at", row.CreatedAt.ToUnixTimeMilliseconds());
    });

    /// <summary>A text: an element of the key ring.</summary>
    public static string Write(string text) => Write(json => json.WriteString("val", text));

    /// <summary>Whether a token is revoked or disabled, or can't be read, so that it is refused.</summary>
    public static bool HasEnded(TokenRow row) => row.IsDisabled || row.RevokedAt is not null || !IsReadable(row);

    /// <summary>The hash in a token's document; null for none, and for a document that can't be read.</summary>
    public static string? HashOf(string document)
    {
        try
        {
            return ReadToken(document).Hash;
        }
        catch (FormatException)
        {
            return null;
        }
    }

    internal static TokenRow ReadToken(string document) => Read(document, json => new TokenRow
    {
        Id = Text(json, "id"),
        Kind = Text(json, "k"),
        Hash = OptionalText(json, "h"),
        LastFour = "",
        ProjectId = OptionalText(json, "prj"),
        CredentialId = OptionalText(json, "crd"),
        Providers = List(json, "prv"),
        Models = List(json, "mod"),
        Endpoints = List(json, "ep"),
        Cidrs = List(json, "net"),
        Origins = List(json, "org"),
        Features = List(json, "ft"),
        LimitsJson = OptionalText(json, "lim") ?? "[]",
        IsDisabled = json.TryGetProperty("off", out var off) && off.GetBoolean(),
        CreatedAt = default,
        ExpiresAt = json.TryGetProperty("exp", out var end) ? DateTimeOffset.FromUnixTimeMilliseconds(end.GetInt64()) : null,
    });

    internal static ProjectRow ReadProject(string id, string document) => Read(document, json => new ProjectRow
    {
        Id = id,
        Name = id,
        LimitsJson = OptionalText(json, "lim") ?? "[]",
        Features = List(json, "ft"),
        CreatedAt = default,
    });

    internal static CredentialRow ReadCredential(string id, string document) => Read(document, json => new CredentialRow
    {
        Id = id,
        Provider = Text(json, "prv"),
        Label = OptionalText(json, "lbl") ?? "",
        SealedSecret = Text(json, "key"),
        LimitsJson = OptionalText(json, "lim") ?? "[]",
        CreatedAt = DateTimeOffset.FromUnixTimeMilliseconds(json.GetProperty("at").GetInt64()),
    });

    internal static SigningKeyRow ReadSigningKey(string id, string document) => Read(document, json => new SigningKeyRow
    {
        Id = id,
        Algorithm = Text(json, "alg"),
        PublicKey = OptionalText(json, "jwk"),
        SealedPrivateKey = OptionalText(json, "key") ?? "",
        CreatedAt = default,
        ActivatesAt = DateTimeOffset.FromUnixTimeMilliseconds(json.GetProperty("at").GetInt64()),
        ExpiresAt = json.TryGetProperty("exp", out var end) ? DateTimeOffset.FromUnixTimeMilliseconds(end.GetInt64()) : null,
    });

    internal static OperatorPrice ReadPrice(string id, string document) => Read(document, json =>
        OperatorPrice.Read(id, DateTimeOffset.FromUnixTimeMilliseconds(json.GetProperty("at").GetInt64()), Text(json, "prv"), List(json, "mod"), Text(json, "prc")));

    internal static string ReadText(string document) => Read(document, json => Text(json, "val"));

    private static bool IsReadable(TokenRow row)
    {
        try
        {
            StoredGrant.Read(row, [], Features.None);
            return row.Hash is null || TokenHash.TryParse(row.Hash, out _);
        }
        catch (FormatException)
        {
            return false;
        }
    }

    private static string Write(Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteNumber("v", Version);
            write(json);
            json.WriteEndObject();
        }
        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    private static T Read<T>(string document, Func<JsonElement, T> read)
    {
        try
        {
            using var parsed = JsonDocument.Parse(document);
            return parsed.RootElement.GetProperty("v").GetInt32() == Version
                ? read(parsed.RootElement)
                : throw new FormatException("The document is of another version.");
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or ArgumentOutOfRangeException or OverflowException)
        {
            throw new FormatException("The document is not one of the directory's.", e);
        }
    }

    private static void WriteText(Utf8JsonWriter json, string name, string? text)
    {
        if (!string.IsNullOrEmpty(text))
        {
            json.WriteString(name, text);
        }
    }

    // Its text as it is kept: what can't be read as limits must not be read as none.
    private static void WriteLimits(Utf8JsonWriter json, string limits) => WriteText(json, "lim", limits == "[]" ? null : limits);

    private static void WriteList(Utf8JsonWriter json, string name, List<string> list)
    {
        if (list.Count == 0)
        {
            return;
        }
        json.WriteStartArray(name);
        foreach (var item in list)
        {
            json.WriteStringValue(item);
        }
        json.WriteEndArray();
    }

    private static string Text(JsonElement json, string name) => json.GetProperty(name).GetString() ?? throw new FormatException($"The document's '{name}' is null.");

    private static string? OptionalText(JsonElement json, string name) => json.TryGetProperty(name, out var text) ? text.GetString() : null;

    private static List<string> List(JsonElement json, string name) =>
        json.TryGetProperty(name, out var list) ? [.. list.EnumerateArray().Select(item => item.GetString() ?? throw new FormatException($"The document's '{name}' holds a null."))] : [];
}
