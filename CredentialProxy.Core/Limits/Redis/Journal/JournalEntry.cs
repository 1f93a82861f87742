using System.Buffers;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace CredentialProxy.Core.Limits.Redis.Journal;

/// <summary>A settled request in the journal: its usage record, what it charged, and the holder whose leases it charged.</summary>
/// <param name="Holder">The holder; empty where the gateway never was one.</param>
/// <param name="Settlement">The settled request.</param>
internal readonly record struct JournalEntry(string Holder, Settlement Settlement)
{
    private const string HolderName = "holder";
    private const string RecordName = "record";
    private const string ChargesName = "charges";
    private const string ExcessName = "excess";

    /// <summary>The entry as bytes.</summary>
    public ReadOnlySpan<byte> Write()
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString(HolderName, Holder);
            json.WritePropertyName(RecordName);
            json.WriteRawValue(UsageEntry.Write(Settlement.Record), skipInputValidation: true);
            Write(json, ChargesName, Settlement.Charges);
            Write(json, ExcessName, Settlement.Excess);
            json.WriteEndObject();
        }

        return buffer.WrittenSpan;
    }

    /// <summary>Reads what <see cref="Write()"/> has written.</summary>
    /// <exception cref="FormatException">It is nothing of the kind.</exception>
    public static JournalEntry Read(ReadOnlyMemory<byte> entry)
    {
        try
        {
            using var document = JsonDocument.Parse(entry);
            var json = document.RootElement;
            var settlement = new Settlement(
                UsageEntry.Read(JsonMarshal.GetRawUtf8Value(json.GetProperty(RecordName)).ToArray()), ReadAmounts(json.GetProperty(ChargesName)), ReadAmounts(json.GetProperty(ExcessName)));
            LeaseRules.Check([settlement]);
            return new JournalEntry(json.GetProperty(HolderName).GetString() ?? "", settlement);
        }
        catch (Exception exception) when (exception is JsonException or KeyNotFoundException or InvalidOperationException or ArgumentException or OverflowException)
        {
            throw new FormatException("The entry holds no settled request.", exception);
        }
    }

    private static void Write(Utf8JsonWriter json, string name, LeaseAmount[] amounts)
    {
        json.WriteStartArray(name);
        foreach (var amount in amounts)
            json.WriteStringValue(string.Create(CultureInfo.InvariantCulture, $"{amount.Limit} {amount.Amount} {RedisKeys.NameOf(amount.Counter)}"));
        json.WriteEndArray();
    }

    private static LeaseAmount[] ReadAmounts(JsonElement amounts) => [.. amounts.EnumerateArray().Select(amount => ReadAmount(amount.GetString() ?? ""))];

    private static LeaseAmount ReadAmount(string text)
    {
        // An account may hold spaces, and is last.
        var parts = text.Split(' ', 3);
        return parts.Length == 3
            ? new LeaseAmount(RedisKeys.ParseCounter(parts[2]), Number(parts[0]), Number(parts[1]))
            : throw new FormatException("The charge has no limit, amount and counter.");
    }

    private static long Number(string text) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number <= Limit.MaxAmount ? number : throw new FormatException("An amount is none.");
}
