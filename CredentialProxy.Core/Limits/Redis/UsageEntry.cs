using System.Text.Json;
using CredentialProxy.Core.Usage;

namespace CredentialProxy.Core.Limits.Redis;

/// <summary>
/// A usage record as an entry of the stream carries it: one JSON object under short names, in which what is 0 or absent is left out. Readers pass over
/// members that they don't know, so that a later version may add some.
/// </summary>
public static class UsageEntry
{
    /// <summary>The entry's field that holds the record.</summary>
    public const string Field = "record";

    /// <summary>What this version writes, and the only one that it reads.</summary>
    internal const int Version = 1;

    /// <summary>The record, with every figure brought between 0 and <see cref="Limit.MaxAmount"/>: providers are not trusted to report sane ones.</summary>
    public static byte[] Write(UsageRecord record)
    {
        using var writer = new UsageEntryWriter();
        return writer.Write(record);
    }

    /// <summary>Reads what <see cref="Write(UsageRecord)"/> has written; throws a <see cref="FormatException"/> for anything else.</summary>
    public static UsageRecord Read(ReadOnlyMemory<byte> entry)
    {
        try
        {
            using var document = JsonDocument.Parse(entry);
            var json = document.RootElement;
            if (json.GetProperty("v").GetInt32() != Version)
                throw new FormatException("The usage record is of another version.");
            var record = new UsageRecord
            {
                RequestId = Text(json, "id"),
                Time = DateTimeOffset.FromUnixTimeMilliseconds(json.GetProperty("t").GetInt64()),
                TokenId = Text(json, "tok"),
                ProjectId = json.TryGetProperty("prj", out var project) ? project.GetString() : null,
                CredentialId = Text(json, "crd"),
                Provider = Text(json, "prv"),
                Model = Text(json, "mod"),
                Endpoint = Text(json, "ep"),
                TraceId = json.TryGetProperty("tr", out var trace) ? trace.GetString() : null,
                SpanId = json.TryGetProperty("sp", out var span) ? span.GetString() : null,
            };
            foreach (var figure in UsageEntryFigures.All)
            {
                if (json.TryGetProperty(figure.Name, out var value))
                    record = figure.Set(record, value.GetInt64());
            }

            return record;
        }
        catch (Exception exception) when (exception is JsonException or KeyNotFoundException or InvalidOperationException or ArgumentOutOfRangeException or OverflowException)
        {
            throw new FormatException("The entry holds no usage record.", exception);
        }
    }

    private static string Text(JsonElement json, string name) => json.GetProperty(name).GetString() ?? throw new FormatException($"The usage record's '{name}' is null.");
}
