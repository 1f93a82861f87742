using CredentialProxy.Core.Grants;
using CredentialProxy.Core.Objects;
using CredentialProxy.Core.Providers;

namespace CredentialProxy.Tests.Providers;

public sealed class EndpointTableTests
{
    private static readonly EndpointTable Table = new(
    [
        Of("exact", "POST", "/v1/things"),
        Of("special", "GET", "/v1/things/special"),
        Of("one", "GET", "/v1/things/{id}"),
        Of("verb", "POST", "/v1/things/{model}:run"),
        Of("below", "GET", "/v1/things/{id}/parts/{id}"),
        Of("rest", "GET", "/v1/things/{id}/{rest...}"),
        Of("account keys", "GET", "/v1/account/keys/{rest...}"),
        Of("account", "GET", "/v1/account/{rest...}"),
    ]);

    [Theory]
    [InlineData("POST", "/v1/things", "exact")]
    [InlineData("GET", "/v1/things/special", "special")]
    [InlineData("GET", "/v1/things/x", "one")]
    [InlineData("POST", "/v1/things/x:run", "verb")]
    [InlineData("GET", "/v1/things/x/parts/y", "below")]
    [InlineData("GET", "/v1/things/x/parts", "rest")]
    [InlineData("GET", "/v1/things/x/parts/y/z", "rest")]
    [InlineData("GET", "/v1/things/x/y:run", "rest")]
    [InlineData("GET", "/v1/account/keys/a/b/c", "account keys")]
    [InlineData("GET", "/v1/account/keys", "account")]
    [InlineData("GET", "/v1/account/users/7", "account")]
    public void The_entry_that_says_most_of_a_path_is_found(string method, string path, string name)
    {
        Assert.True(Table.TryMatch(method, path, out var match));
        Assert.Equal(name, match.Endpoint.Name);
    }

    [Theory]
    [InlineData("GET", "/v1/things")]
    [InlineData("GET", "/v1/things/")]
    [InlineData("GET", "/v1/things/x:run")]
    [InlineData("POST", "/v1/things/:run")]
    [InlineData("POST", "/v1/things/x:runs")]
    [InlineData("GET", "/v1/things/x/")]
    [InlineData("GET", "/v1/account")]
    [InlineData("GET", "/v1/account/")]
    [InlineData("DELETE", "/v1/account/users")]
    [InlineData("GET", "/v1/accounts/users")]
    [InlineData("GET", "v1/things/x")]
    [InlineData("GET", "")]
    [InlineData("GET", "/")]
    public void What_no_entry_says_is_not_found(string method, string path) => Assert.False(Table.TryMatch(method, path, out _));

    [Fact]
    public void The_model_of_a_path_is_told()
    {
        Assert.True(Table.TryMatch("POST", "/v1/things/a.b-c:run", out var match));
        Assert.Equal("a.b-c", match.Model);
    }

    [Fact]
    public void The_same_call_twice_is_refused() =>
        Assert.Contains("GET /a", Assert.Throws<ArgumentException>(() => new EndpointTable([Of("a", "GET", "/a"), Of("b", "GET", "/a")])).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData(Features.None, Features.None, true)]
    [InlineData(Features.Files, Features.None, false)]
    [InlineData(Features.Files, Features.Batches | Features.WebSearch, false)]
    [InlineData(Features.Files, Features.Batches | Features.Files, true)]
    [InlineData(Features.StoredObjects | Features.Background, Features.Background, true)]
    public void Any_of_its_features_opens_an_endpoint(Features needs, Features granted, bool isOpen) =>
        Assert.Equal(isOpen, (Of("x", "GET", "/x") with { Needs = needs }).IsOpenTo(granted));

    [Theory]
    [InlineData("DELETE", "/v1/files/{file}", 2, true)]
    [InlineData("GET", "/v1/files/{file}", 2, false)]
    [InlineData("DELETE", "/v1/files/{file}/parts/{id}", 2, false)]
    [InlineData("DELETE", "/v1/files/{file}/{rest...}", 2, false)]
    [InlineData("DELETE", "/v1/a/{id}/files/{file}", 4, true)]
    public void Deleting_an_object_is_told_from_deleting_something_in_it(string method, string path, int segment, bool deletes)
    {
        var kind = new ObjectKind { Name = "file" };
        Assert.Equal(deletes, (Of("x", method, path) with { Uses = [new UsedObject(kind, segment, "")] }).Deletes);
    }

    [Theory]
    [InlineData("/v1/files/abc", 2, "", "abc")]
    [InlineData("/v1/files/abc/content", 2, "", "abc")]
    [InlineData("/v1beta/batches/abc:cancel", 2, ":cancel", "abc")]
    [InlineData("/v1beta/models/m/operations/op-1", 4, "", "op-1")]
    public void The_id_of_an_object_is_taken_out_of_its_segment(string path, int segment, string verb, string id) =>
        Assert.Equal(id, new UsedObject(new ObjectKind { Name = "k" }, segment, verb).IdIn(path));

    private static Endpoint Of(string name, string method, string path) => new(name, method, path, Dialect.None, Charging.Free);
}
