using System.Collections.Immutable;
using System.Text.RegularExpressions;
using CredentialProxy.Core.Grants;
using CredentialProxy.Core.Objects;

namespace CredentialProxy.Core.Providers.Tables;

/// <summary>Turns the entries of an endpoint table into endpoints, and refuses what makes no sense.</summary>
internal sealed partial class EndpointFileReader(EndpointDocument document)
{
    private const string AnyMethod = "*";
    private const string Version = "{version}";

    private static readonly string[] Methods = ["GET", "POST", "PUT", "PATCH", "DELETE"];
    private static readonly string[] PlainPlaceholders = ["model", "id", "version", "rest..."];

    private static readonly string[] Lackable = [Endpoint.ServiceTier, Endpoint.MaxOutputTokens];

    private readonly HashSet<(string Method, string Path)> _listed = [];

    public ObjectKinds Kinds { get; } = new(document.Kinds.Select(entry => new ObjectKind
    {
        Name = entry.Key,
        Fields = [.. entry.Value.Fields],
        ManagedFields = [.. entry.Value.Managed],
        Types = [.. entry.Value.Types],
        BareIn = [.. entry.Value.BareIn],
        Prefixes = [.. entry.Value.Prefixes],
        Words = [.. entry.Value.Words],
        OthersAreShared = entry.Value.OthersAreShared,
        KeptDays = entry.Value.KeptDays,
    }));

    public EndpointGroup ReadGroup(GroupEntry group) => new(group.Title, group.About, [.. group.Endpoints.Select(entry => Read(entry, group))]);

    /// <summary>An endpoint for each version and method that an entry stands for.</summary>
    public IEnumerable<Endpoint> Expand(Endpoint endpoint)
    {
        var versions = endpoint.Path.Contains(Version, StringComparison.Ordinal) ? document.Versions : [""];
        var methods = endpoint.Method == AnyMethod ? Methods : [endpoint.Method];
        return from version in versions
               let path = endpoint.Path.Replace(Version, version, StringComparison.Ordinal)
               from method in methods
               where _listed.Add((method, path)) || endpoint.Method != AnyMethod
               select endpoint with { Method = method, Path = path, Body = method == "GET" && endpoint.Method == AnyMethod ? BodyForm.Unread : endpoint.Body };
    }

    /// <summary>Refuses paths that name objects which nothing makes.</summary>
    public static void Check(ImmutableArray<Endpoint> endpoints)
    {
        var made = endpoints.SelectMany(endpoint => endpoint.Makes?.Texts ?? []).Select(text => text.Split(':')[0]).ToHashSet(StringComparer.Ordinal);
        foreach (var endpoint in endpoints)
        {
            if (endpoint.Uses.FirstOrDefault(used => !made.Contains(used.Kind.Name)) is { } orphan)
            {
                throw Wrong(endpoint.Path, $"no endpoint makes a '{orphan.Kind.Name}'");
            }
        }
    }

    private Endpoint Read(CallEntry entry, GroupEntry group)
    {
        var call = CallPattern().Match(entry.Call);
        if (!call.Success)
        {
            throw Wrong(entry.Call, "must be a method, a blank and a path");
        }
        if (!DialectNames.TryParse(entry.Dialect, out var dialect))
        {
            throw Wrong(entry.Call, $"there is no dialect '{entry.Dialect}'");
        }
        var charging = entry.Charging ?? group.Charging ?? throw Wrong(entry.Call, "does not say how it is charged");
        if ((dialect == Dialect.None) == (charging == Charging.Metered))
        {
            throw Wrong(entry.Call, "what is metered needs a dialect, and nothing else has one");
        }
        var (method, path) = (call.Groups[1].Value, call.Groups[2].Value);
        return new Endpoint(entry.Name, method, path, dialect, charging)
        {
            Needs = FeaturesOf(entry.Call, entry.Needs ?? group.Needs),
            KeptFor = FeaturesOf(entry.Call, entry.KeptFor),
            Body = entry.Body ?? (dialect == Dialect.None && method != "GET" ? BodyForm.Json : BodyForm.Unread),
            Uses = [.. InPath(entry.Call, path), .. InQuery(entry)],
            Lacks = [.. entry.Lacks.Select(member => Lackable.Contains(member) ? member : throw Wrong(entry.Call, $"nothing turns on '{member}'"))],
            Makes = entry.Makes.Length == 0 ? null : new MadePaths(entry.Makes, Kinds),
        };
    }

    private static Features FeaturesOf(string call, string[] names) =>
        names.Aggregate(Features.None, (all, name) => all | (FeatureNames.TryParse(name, out var feature) ? feature : throw Wrong(call, $"there is no feature '{name}'")));

    private IEnumerable<UsedObject> InPath(string call, string path)
    {
        var segments = path[1..].Split('/');
        for (var i = 0; i < segments.Length; i++)
        {
            if (!segments[i].StartsWith('{'))
            {
                continue;
            }
            var end = segments[i].IndexOf('}', StringComparison.Ordinal);
            var name = segments[i][1..end];
            if (name == "rest..." && (i < segments.Length - 1 || segments[i] != EndpointPattern.Rest))
            {
                throw Wrong(call, $"{EndpointPattern.Rest} must be the last segment");
            }
            if (name == "version" && document.Versions.Length == 0)
            {
                throw Wrong(call, "the table has no versions");
            }
            if (!PlainPlaceholders.Contains(name))
            {
                yield return new UsedObject(Kinds.Find(name) ?? throw Wrong(call, $"there is no kind '{name}'"), i, segments[i][(end + 1)..]);
            }
        }
    }

    private IEnumerable<UsedObject> InQuery(CallEntry entry)
    {
        if (entry.Query?.Split(": ") is { } query)
        {
            yield return new UsedObject(query.Length == 2 && Kinds.Find(query[1]) is { } kind ? kind : throw Wrong(entry.Call, $"'{entry.Query}' must be a parameter, a colon, a blank and a kind"), -1, "", query[0]);
        }
    }

    private static FormatException Wrong(string call, string why) => new($"The endpoint table's entry '{call}': {why}.");

    [GeneratedRegex(@"^(GET|POST|PUT|PATCH|DELETE|\*) ((?:/(?:[A-Za-z0-9_.:-]+|\{[a-z_]+(?:\.\.\.)?\}(?::[A-Za-z]+)?))+)$", RegexOptions.CultureInvariant)]
    private static partial Regex CallPattern();
}
