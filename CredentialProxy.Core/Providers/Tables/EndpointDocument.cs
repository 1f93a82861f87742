using System.Text.Json;
using System.Text.Json.Serialization;

namespace CredentialProxy.Core.Providers.Tables;

/// <summary>An <c>endpoints.json</c> as it is written. What may be left out has a setter: generated readers overwrite the defaults of others.</summary>
internal sealed record EndpointDocument
{
    /// <summary>Where it was read from, and when.</summary>
    public required string[] Sources { get; init; }

    /// <summary>What <c>{version}</c> in a path stands for, each making an endpoint of its own.</summary>
    public string[] Versions { get; set; } = [];

    /// <summary>The kinds of objects that the provider stores.</summary>
    public required Dictionary<string, KindEntry> Kinds { get; init; }

    /// <summary>The endpoints, in groups.</summary>
    public required GroupEntry[] Groups { get; init; }
}

/// <summary>A kind of stored object; see <see cref="Objects.ObjectKind"/>.</summary>
internal sealed record KindEntry
{
    public string[] Fields { get; set; } = [];

    public string[] Managed { get; set; } = [];

    public string[] Types { get; set; } = [];

    public string[] BareIn { get; set; } = [];

    public string[] Prefixes { get; set; } = [];

    public string[] Words { get; set; } = [];

    public bool OthersAreShared { get; set; }

    public int KeptDays { get; set; }
}

/// <summary>Endpoints that belong together, with what holds for those that don't say otherwise.</summary>
internal sealed record GroupEntry
{
    public required string Title { get; init; }

    public string? About { get; set; }

    public Charging? Charging { get; set; }

    public string[] Needs { get; set; } = [];

    public required CallEntry[] Endpoints { get; init; }
}

/// <summary>An endpoint; see <see cref="Endpoint"/>.</summary>
internal sealed record CallEntry
{
    /// <summary>Method and path; <c>*</c> for every method that no entry before it has with this path.</summary>
    public required string Call { get; init; }

    public required string Name { get; init; }

    public string Dialect { get; set; } = "none";

    public Charging? Charging { get; set; }

    public string[]? Needs { get; set; }

    public BodyForm? Body { get; set; }

    /// <summary>A parameter of the query that names an object, as <c>name: kind</c>.</summary>
    public string? Query { get; set; }

    public string[] Makes { get; set; } = [];

    /// <summary>Members that its dialect has and it has not.</summary>
    public string[] Lacks { get; set; } = [];

    /// <summary>Features without which what it makes need not be remembered.</summary>
    public string[] KeptFor { get; set; } = [];
}

/// <summary>Reads the tables without reflection, and nothing in them that has no meaning.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    AllowDuplicateProperties = false,
    Converters = [typeof(SnakeCaseEnumConverter<Charging>), typeof(SnakeCaseEnumConverter<BodyForm>)])]
[JsonSerializable(typeof(EndpointDocument))]
internal sealed partial class EndpointDocumentContext : JsonSerializerContext;

/// <summary>Reads enumerations as the tables write them, for example <c>per_call</c>.</summary>
internal sealed class SnakeCaseEnumConverter<T>() : JsonStringEnumConverter<T>(JsonNamingPolicy.SnakeCaseLower, allowIntegerValues: false)
    where T : struct, Enum;
