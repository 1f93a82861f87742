using System.Collections.Immutable;
using System.Text.Json;
using CredentialProxy.Core.Objects;

namespace CredentialProxy.Core.Providers.Tables;

/// <summary>
/// A provider's <c>endpoints.json</c>, read and checked: everything of its API that we know, and for each endpoint what it is charged by, who may call it, and which stored objects it makes and
/// names. A path that is not in it does not exist for our clients.
/// </summary>
public sealed class EndpointFile
{
    private EndpointFile(EndpointDocument document, EndpointFileReader reader)
    {
        Sources = [.. document.Sources];
        Versions = [.. document.Versions];
        Kinds = reader.Kinds;
        Groups = [.. document.Groups.Select(reader.ReadGroup)];
        Endpoints = [.. Groups.SelectMany(group => group.Endpoints).SelectMany(reader.Expand)];
        EndpointFileReader.Check(Endpoints);
    }

    /// <summary>OpenAI's.</summary>
    public static EndpointFile OpenAI { get; } = Load("openai");

    /// <summary>Anthropic's.</summary>
    public static EndpointFile Anthropic { get; } = Load("anthropic");

    /// <summary>OpenRouter's.</summary>
    public static EndpointFile OpenRouter { get; } = Load("openrouter");

    /// <summary>Gemini's.</summary>
    public static EndpointFile Gemini { get; } = Load("gemini");

    /// <summary>Where it was read from, and when.</summary>
    public ImmutableArray<string> Sources { get; }

    /// <summary>What <c>{version}</c> stands for in the paths of <see cref="Groups"/>.</summary>
    public ImmutableArray<string> Versions { get; }

    /// <summary>The kinds of objects that the provider stores.</summary>
    public ObjectKinds Kinds { get; }

    /// <summary>The endpoints as they are written: for people.</summary>
    public ImmutableArray<EndpointGroup> Groups { get; }

    /// <summary>The endpoints as they are matched.</summary>
    public ImmutableArray<Endpoint> Endpoints { get; }

    /// <summary>Reads one.</summary>
    /// <exception cref="FormatException">It makes no sense; the message names the entry.</exception>
    internal static EndpointFile Parse(Stream json)
    {
        try
        {
            var document = JsonSerializer.Deserialize(json, EndpointDocumentContext.Default.EndpointDocument) ?? throw new FormatException("The endpoint table is empty.");
            return new EndpointFile(document, new EndpointFileReader(document));
        }
        catch (JsonException e)
        {
            throw new FormatException($"This is no endpoint table, at {e.Path ?? "$"}: {e.Message}", e);
        }
    }

    private static EndpointFile Load(string provider)
    {
        var name = provider + ".endpoints.json";
        using var stream = typeof(EndpointFile).Assembly.GetManifestResourceStream(name) ?? throw new InvalidOperationException($"{name} is not in the assembly.");
        return Parse(stream);
    }
}

/// <summary>Endpoints that belong together.</summary>
/// <param name="Title">What they are.</param>
/// <param name="About">What there is to know of them; null for nothing.</param>
/// <param name="Endpoints">The endpoints; <c>*</c> as a method and <c>{version}</c> in a path stand as they are written.</param>
public sealed record EndpointGroup(string Title, string? About, ImmutableArray<Endpoint> Endpoints);
