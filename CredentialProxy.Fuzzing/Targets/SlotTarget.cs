using System.Text;
using CredentialProxy.Core.Judging;
using CredentialProxy.Gateway.Authentication;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace CredentialProxy.Fuzzing.Targets;

/// <summary>
/// The places where a token may be. Whatever headers and query say: nothing throws; a token is taken where the slots hold one and no other, and then that one; no parameter of the query that
/// goes upstream is a slot, in whatever case or encoding, so that the token does not remain in one; every other parameter is still there, in its order, with its value.
/// Settings: the parameter in which the provider takes its key. Then lines <c>name: value</c>, and the query last, where one begins with a question mark.
/// </summary>
internal sealed class SlotTarget : FuzzTarget
{
    private const int MostLines = 32;

    private static readonly string?[] ProvidersNames = [null, "key", "api_key", "x-acme"];
    private static readonly string[] PlainSlots = ["x-api-key", "x-goog-api-key", "api-key"];

    /// <inheritdoc/>
    public override string Name => "slots";

    /// <inheritdoc/>
    public override IEnumerable<string> Words => ["Authorization: ", "Bearer ", "bearer", "Basic ", "x-api-key: ", "x-goog-api-key: ", "api-key: ", "?key=", "&key=", "&$key=", "%24key=", "&KEY=", "%6b%65%79=", "k%65y", "&", "=", "+", "%20", "%00", "api_key=",
        "x-acme=", "ptk_abc", "?", "??", ";key=", "%26key=", "%3dkey", ", "];

    /// <inheritdoc/>
    public override void Run(ReadOnlySpan<byte> input)
    {
        var fuzz = new FuzzInput(input);
        var lines = Encoding.UTF8.GetString(fuzz.Bytes).Split('\n', MostLines);
        var query = lines[^1].StartsWith('?') ? lines[^1] : "";
        var headers = new HeaderDictionary();
        foreach (var parts in lines.Select(line => line.Split(": ", 2)).Where(parts => parts.Length == 2 && parts[0].Length > 0))
        {
            headers.Append(parts[0], parts[1]);
        }
        CheckToken(headers, query);
        CheckQuery(query, fuzz.Pick<string?>(0, ProvidersNames));
    }

    private static void CheckToken(HeaderDictionary headers, string query)
    {
        var refusal = TokenSlots.Take(headers, query, out var token);
        var (bearers, isForeign) = ReadBearers(headers["Authorization"]);
        var held = bearers.Concat(PlainSlots.SelectMany(name => headers[name])).Concat(Pairs(query).Where(pair => IsSlot(pair.Name)).Select(pair => pair.Value))
            .Where(value => !string.IsNullOrEmpty(value)).Distinct().ToList();
        Property.Same(held.Count == 1 && !isForeign, refusal is null, "A token is taken where the slots hold one, and one only.");
        if (refusal is null)
        {
            Property.Same(held[0], token.ToString(), "The token is what stands in the slots.");
        }
        else if (held.Count > 1)
        {
            Property.Same(RefusalCode.ConflictingTokens, refusal.Code, "Two tokens are a conflict.");
        }
    }

    // RFC 6750 §2.1; "Bearer" without a token is no token, any other scheme is foreign.
    private static (IEnumerable<string?> Tokens, bool IsForeign) ReadBearers(StringValues values)
    {
        var isBearer = values.ToLookup(value => value?.StartsWith("bearer ", StringComparison.OrdinalIgnoreCase) == true);
        var isForeign = isBearer[false].Any(value => !string.IsNullOrWhiteSpace(value) && !value.Trim().Equals("bearer", StringComparison.OrdinalIgnoreCase));
        return (isBearer[true].Select(value => value![7..].Trim()), isForeign);
    }

    private static void CheckQuery(string query, string? providersName)
    {
        var rest = QuerySlot.Remove(query, providersName);
        var kept = Pairs(query).Where(pair => !IsSlot(pair.Name) && !IsNamed(pair.Name, providersName)).ToList();
        var sent = Pairs(rest).ToList();
        Property.Holds(rest.Length == 0 || rest[0] == '?', "A query begins with a question mark.");
        Property.Holds(!sent.Any(pair => IsSlot(pair.Name) || IsNamed(pair.Name, providersName)), "No parameter of the query that is sent is a slot.");
        Property.Holds(kept.SequenceEqual(sent), "Every other parameter is sent as it came.");
        Property.Same(rest, QuerySlot.Remove(rest, providersName), "Of what has no slot nothing is taken.");
    }

    private static bool IsSlot(string name) => IsNamed(name, "key") || IsNamed(name, "$key");

    private static bool IsNamed(string name, string? slot) => slot is not null && name.Equals(slot, StringComparison.OrdinalIgnoreCase);

    // Not the product's reader: application/x-www-form-urlencoded as https://url.spec.whatwg.org/#urlencoded-parsing has it.
    private static IEnumerable<(string Name, string Value)> Pairs(string query) =>
        query.Length < 2
            ? []
            : query[1..].Split('&', StringSplitOptions.RemoveEmptyEntries).Select(pair => pair.Split('=', 2)).Select(parts => (Decode(parts[0]), parts.Length > 1 ? Decode(parts[1]) : ""));

    private static string Decode(string text) => Uri.UnescapeDataString(text.Replace('+', ' '));
}
