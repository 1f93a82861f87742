using System.Text;
using CredentialProxy.Core.Grants;
using CredentialProxy.Core.Providers;
using CredentialProxy.Core.Providers.Tables;

namespace CredentialProxy.Tests.Providers;

/// <summary>How a table is read, and what is refused in one.</summary>
public sealed class EndpointFileTests
{
    [Fact]
    public void What_a_group_says_holds_for_its_endpoints_unless_they_say_otherwise()
    {
        var file = Parse("""{ "call": "POST /things", "name": "a" }, { "call": "GET /things", "name": "b", "charging": "deferred", "needs": ["account_read"] }""", """ "charging": "free", "needs": ["files", "batches"], """);

        Assert.Equal(
            [("a", Charging.Free, Features.Files | Features.Batches, BodyForm.Json), ("b", Charging.Deferred, Features.AccountRead, BodyForm.Unread)],
            file.Endpoints.Select(endpoint => (endpoint.Name, endpoint.Charging, endpoint.Needs, endpoint.Body)));
    }

    [Fact]
    public void A_star_stands_for_the_methods_that_are_not_listed_with_its_path()
    {
        var file = Parse("""{ "call": "GET /things/{id}", "name": "read" }, { "call": "* /things/{id}", "name": "change" }""");

        Assert.Equal(
            ["GET read", "POST change", "PUT change", "PATCH change", "DELETE change"],
            file.Endpoints.Select(endpoint => $"{endpoint.Method} {endpoint.Name}"));
    }

    [Fact]
    public void Each_version_makes_an_endpoint_of_its_own()
    {
        var file = Parse("""{ "call": "GET /{version}/things", "name": "read" }""");

        Assert.Equal(["/v1/things", "/v2/things"], file.Endpoints.Select(endpoint => endpoint.Path));
        Assert.Equal("/{version}/things", Assert.Single(Assert.Single(file.Groups).Endpoints).Path);
    }

    [Fact]
    public void Objects_are_found_in_path_and_query_and_what_an_answer_makes_is_kept()
    {
        var file = Parse("""
            { "call": "POST /things", "name": "make", "makes": ["thing: id"] },
            { "call": "POST /things/{thing}:stop", "name": "stop" },
            { "call": "GET /state", "name": "state", "query": "of: thing" }
            """);

        var (stop, state) = (Assert.Single(file.Endpoints[1].Uses), Assert.Single(file.Endpoints[2].Uses));
        Assert.Equal(("thing", 1, ":stop", ""), (stop.Kind.Name, stop.Segment, stop.Verb, stop.Parameter));
        Assert.Equal(("thing", -1, "of"), (state.Kind.Name, state.Segment, state.Parameter));
        Assert.Equal(["thing: id"], file.Endpoints[0].Makes!.Texts);
    }

    [Theory]
    [InlineData("""{ "call": "GET things", "name": "x" }""", "a method, a blank and a path")]
    [InlineData("""{ "call": "TRACE /things", "name": "x" }""", "a method, a blank and a path")]
    [InlineData("""{ "call": "GET /things?x=1", "name": "x" }""", "a method, a blank and a path")]
    [InlineData("""{ "call": "GET /things//x", "name": "x" }""", "a method, a blank and a path")]
    [InlineData("""{ "call": "GET /{rest...}/things", "name": "x" }""", "must be the last segment")]
    [InlineData("""{ "call": "GET /things/{gadget}", "name": "x" }""", "there is no kind 'gadget'")]
    [InlineData("""{ "call": "GET /things/{thing}", "name": "x" }""", "no endpoint makes a 'thing'")]
    [InlineData("""{ "call": "GET /things", "name": "x", "needs": ["everything"] }""", "there is no feature 'everything'")]
    [InlineData("""{ "call": "GET /things", "name": "x", "dialect": "klingon" }""", "there is no dialect 'klingon'")]
    [InlineData("""{ "call": "GET /things", "name": "x", "charging": "metered" }""", "what is metered needs a dialect")]
    [InlineData("""{ "call": "GET /things", "name": "x", "dialect": "openai-chat" }""", "what is metered needs a dialect")]
    [InlineData("""{ "call": "GET /things", "name": "x", "charging": "gratis" }""", "charging")]
    [InlineData("""{ "call": "GET /things", "name": "x", "charging": 1 }""", "charging")]
    [InlineData("""{ "call": "GET /things", "name": "x", "makes": ["thing"] }""", "a kind, a colon, a blank and a path")]
    [InlineData("""{ "call": "GET /things", "name": "x", "makes": ["gadget: id"] }""", "a kind, a colon, a blank and a path")]
    [InlineData("""{ "call": "GET /things", "name": "x", "makes": ["thing: a..b"] }""", "empty step")]
    [InlineData("""{ "call": "GET /things", "name": "x", "query": "of" }""", "a parameter, a colon, a blank and a kind")]
    [InlineData("""{ "call": "GET /things", "name": "x", "feature": "files" }""", "feature")]
    [InlineData("""{ "call": "GET /things", "call": "GET /other", "name": "x" }""", "call")]
    [InlineData("""{ "call": "GET /things" }""", "name")]
    public void An_entry_that_makes_no_sense_is_refused_by_name(string entry, string why) =>
        Assert.Contains(why, Assert.Throws<FormatException>(() => Parse(entry)).Message, StringComparison.OrdinalIgnoreCase);

    [Fact]
    public void An_endpoint_that_does_not_say_how_it_is_charged_is_refused() =>
        Assert.Contains("how it is charged", Assert.Throws<FormatException>(() => Parse("""{ "call": "GET /things", "name": "x" }""", "")).Message, StringComparison.Ordinal);

    private static EndpointFile Parse(string endpoints, string group = """ "charging": "free", """) => EndpointFile.Parse(new MemoryStream(Encoding.UTF8.GetBytes($$"""
        { "sources": ["here"], "versions": ["v1", "v2"], "kinds": { "thing": { "prefixes": ["th_"] } }, "groups": [ { "title": "Things", {{group}} "endpoints": [ {{endpoints}} ] } ] }
        """)));
}
