using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace CredentialProxy.Core.Vault;

/// <summary>
/// A value that must not be seen: a provider key, a signing secret. It shows itself as <c>***</c> in text, JSON and logs; only <see cref="Reveal"/> gives
/// it away, so that every place that does can be found.
/// </summary>
[JsonConverter(typeof(RedactingConverter))]
public sealed class Secret(string value) : IEquatable<Secret>
{
    private const string Redacted = "***";

    /// <summary>The value itself. Never hand it to a log, an exception or an answer.</summary>
    public string Reveal() => value;

    /// <summary>Compares in a time that does not tell where the two differ.</summary>
    public bool Equals(Secret? other) =>
        other is not null && CryptographicOperations.FixedTimeEquals(SHA256.HashData(Encoding.UTF8.GetBytes(value)), SHA256.HashData(Encoding.UTF8.GetBytes(other.Reveal())));

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as Secret);

    /// <inheritdoc/>
    public override int GetHashCode() => value.GetHashCode(StringComparison.Ordinal);

    /// <inheritdoc/>
    public override string ToString() => Redacted;

    private sealed class RedactingConverter : JsonConverter<Secret>
    {
        public override Secret Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            new(reader.GetString() ?? throw new JsonException("A secret must be a string."));

        public override void Write(Utf8JsonWriter writer, Secret value, JsonSerializerOptions options) => writer.WriteStringValue(Redacted);
    }
}
