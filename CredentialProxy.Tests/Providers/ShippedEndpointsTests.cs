using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using CredentialProxy.Core.Grants;
using CredentialProxy.Core.Providers;
using CredentialProxy.Core.Providers.Tables;

namespace CredentialProxy.Tests.Providers;

/// <summary>What the four tables open, and that they leave out nothing that the official SDKs call.</summary>
public sealed partial class ShippedEndpointsTests
{
    public static TheoryData<string> ProviderNames => [KnownProviders.OpenAI, KnownProviders.Anthropic, KnownProviders.OpenRouter, KnownProviders.Gemini];

    /// <summary>All that a token may call without being granted anything. Whoever adds to it opens it to every token there is.</summary>
    public static TheoryData<string, string> OpenCalls => new()
    {
        {
            KnownProviders.OpenAI,
            """
            DIALECT POST /v1/chat/completions; DIALECT POST /v1/completions; DIALECT POST /v1/responses; DIALECT POST /v1/responses/compact; FREE POST /v1/responses/input_tokens;
            DIALECT POST /v1/embeddings; FREE POST /v1/moderations; DIALECT POST /v1/decisions; FREE GET /v1/models; FREE GET /v1/models/{id};
            UNMETERED POST /v1/images/generations; UNMETERED POST /v1/images/edits; UNMETERED POST /v1/images/variations; UNMETERED POST /v1/content_provenance_checks;
            UNMETERED POST /v1/audio/speech; UNMETERED POST /v1/audio/transcriptions; UNMETERED POST /v1/audio/translations
            """
        },
        { KnownProviders.Anthropic, "DIALECT POST /v1/messages; FREE POST /v1/messages/count_tokens; FREE GET /v1/models; FREE GET /v1/models/{id}" },
        {
            KnownProviders.OpenRouter,
            """
            DIALECT POST /v1/chat/completions; DIALECT POST /v1/completions; DIALECT POST /v1/responses; DIALECT POST /v1/messages; DIALECT POST /v1/embeddings;
            UNMETERED POST /v1/rerank; UNMETERED POST /v1/images; UNMETERED POST /v1/audio/speech; UNMETERED POST /v1/audio/transcriptions; UNMETERED POST /v1/systemone; UNMETERED POST /alpha/decisions;
            FREE GET /v1/models; FREE GET /v1/models/count; FREE GET /v1/models/{id}/{id}/endpoints; FREE GET /v1/model/{id}/{id}; FREE GET /v1/embeddings/models; FREE GET /v1/images/models;
            FREE GET /v1/images/models/{id}/{id}/endpoints; FREE GET /v1/videos/models; FREE GET /v1/providers; FREE GET /v1/endpoints/zdr; FREE GET /v1/benchmarks; FREE GET /v1/classifications/task;
            FREE GET /v1/datasets/app-rankings; FREE GET /v1/datasets/rankings-daily
            """
        },
        {
            KnownProviders.Gemini,
            """
            DIALECT POST /{version}/models/{model}:generateContent; DIALECT POST /{version}/models/{model}:streamGenerateContent; FREE POST /{version}/models/{model}:countTokens;
            DIALECT POST /{version}/models/{model}:embedContent; DIALECT POST /{version}/models/{model}:batchEmbedContents; UNMETERED POST /{version}/decisions;
            FREE GET /{version}/models; FREE GET /{version}/models/{id};
            DIALECT POST /v1beta/openai/chat/completions; DIALECT POST /v1beta/openai/embeddings; FREE GET /v1beta/openai/models; FREE GET /v1beta/openai/models/{id}
            """
        },
    };

    [Theory]
    [MemberData(nameof(OpenCalls))]
    [Trait("threat", "spend-16")]
    [Trait("threat", "fault-15")]
    public void Nothing_but_this_is_open_to_every_token(string provider, string expected)
    {
        var open = FileOf(provider).Groups.SelectMany(group => group.Endpoints).Where(endpoint => endpoint.Needs == Features.None)
            .Select(endpoint => $"{(endpoint.Dialect != Dialect.None ? "DIALECT" : endpoint.IsUnmetered ? "UNMETERED" : "FREE")} {endpoint.Method} {endpoint.Path}");
        Assert.Equal(expected.ReplaceLineEndings(" ").Split(';', StringSplitOptions.TrimEntries).Order(StringComparer.Ordinal), open.Order(StringComparer.Ordinal));
    }

    [Theory]
    [MemberData(nameof(ProviderNames))]
    [Trait("threat", "spend-16")]
    public void Every_entry_can_be_reached_and_is_not_shadowed_by_another(string provider)
    {
        var table = new EndpointTable(FileOf(provider).Endpoints);
        Assert.All(table.All, endpoint =>
        {
            Assert.True(table.TryMatch(endpoint.Method, ExampleOf(endpoint.Path), out var match), endpoint.Path);
            Assert.Same(endpoint, match.Endpoint);
        });
    }

    [Theory]
    [MemberData(nameof(ProviderNames))]
    public void Every_call_of_the_official_SDK_has_an_entry(string provider)
    {
        // Made by eng/endpoints/list-calls.mjs.
        var calls = File.ReadAllLines(Path.Combine(Path.GetDirectoryName(Here())!, "calls", provider + ".txt"));
        var table = new EndpointTable(FileOf(provider).Endpoints);
        Assert.True(calls.Length > 50);
        Assert.Equal([], calls.Where(call => call.Split(' ') is var parts && !table.TryMatch(parts[0], parts[1].Replace("{}", "x1", StringComparison.Ordinal), out _)));
    }

    [Theory]
    [MemberData(nameof(ProviderNames))]
    [Trait("threat", "spend-7")]
    [Trait("threat", "spend-16")]
    public void What_is_paid_later_or_stored_needs_a_feature(string provider) =>
        Assert.DoesNotContain(FileOf(provider).Endpoints, endpoint => endpoint.Charging is Charging.Deferred or Charging.Storage && endpoint.Needs == Features.None);

    [Theory]
    [MemberData(nameof(ProviderNames))]
    public void A_list_of_what_the_account_stores_needs_the_right_to_read_the_account(string provider)
    {
        var file = FileOf(provider);
        var collections = file.Endpoints.Where(endpoint => endpoint is { Method: "POST", Makes: not null } && !endpoint.Path.Contains('{', StringComparison.Ordinal) && endpoint.Needs != Features.None)
            .Select(endpoint => endpoint.Path).ToHashSet();
        var lists = file.Endpoints.Where(endpoint => endpoint.Method == "GET" && collections.Contains(endpoint.Path)).ToList();
        Assert.NotEmpty(lists);
        Assert.All(lists, list => Assert.Equal(Features.AccountRead, list.Needs));
    }

    [Theory]
    [MemberData(nameof(ProviderNames))]
    [Trait("threat", "fault-15")]
    public void Whoever_names_a_single_object_must_own_it_or_manage_the_account(string provider)
    {
        const Features Account = Features.AccountRead | Features.AccountManagement | Features.CredentialMinting | Features.ModelChoice;
        var unguarded = FileOf(provider).Endpoints.Where(endpoint =>
            endpoint.Needs != Features.None && (endpoint.Needs & Account) == 0 && Placeholder().Matches(endpoint.Path).Any(match => match.Value != "{model}") && endpoint.Uses.IsEmpty);
        Assert.Empty(unguarded.Select(endpoint => $"{endpoint.Method} {endpoint.Path}"));
    }

    private static string ExampleOf(string path) => Placeholder().Replace(path.Replace("{rest...}", "x/y/z", StringComparison.Ordinal), "x1");

    private static EndpointFile FileOf(string provider) => provider switch
    {
        KnownProviders.OpenAI => EndpointFile.OpenAI,
        KnownProviders.Anthropic => EndpointFile.Anthropic,
        KnownProviders.OpenRouter => EndpointFile.OpenRouter,
        _ => EndpointFile.Gemini,
    };

    private static string Here([CallerFilePath] string path = "") => path;

    [GeneratedRegex(@"\{[a-z_.]+\}")]
    private static partial Regex Placeholder();
}
