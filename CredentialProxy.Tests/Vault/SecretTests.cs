using System.Text.Json;
using CredentialProxy.Core.Vault;

namespace CredentialProxy.Tests.Vault;

public sealed class SecretTests
{
    private const string Canary = "sk-canary-1234567890";

    private readonly Secret _secret = new(Canary);

    [Fact]
    public void It_shows_itself_nowhere_but_where_it_is_revealed()
    {
        var credential = new Credential { Id = "c", Provider = "openai", Label = "l", Secret = _secret };

        Assert.Equal("***", _secret.ToString());
        Assert.Equal("key ***", $"key {_secret}");
        Assert.Equal("\"***\"", JsonSerializer.Serialize(_secret));
        Assert.DoesNotContain(Canary, JsonSerializer.Serialize(credential), StringComparison.Ordinal);
        Assert.DoesNotContain(Canary, JsonSerializer.Serialize(new Dictionary<string, object> { ["s"] = _secret }), StringComparison.Ordinal);
        Assert.Equal(Canary, _secret.Reveal());
    }

    [Fact]
    public void It_is_read_from_a_JSON_string_alone()
    {
        Assert.Equal(_secret, JsonSerializer.Deserialize<Secret>($"\"{Canary}\""));
        Assert.ThrowsAny<Exception>(() => JsonSerializer.Deserialize<Secret>("5"));
    }

    [Fact]
    public void Two_are_equal_when_their_values_are()
    {
        Assert.True(_secret.Equals(new Secret(Canary)));
        Assert.Equal(_secret.GetHashCode(), new Secret(Canary).GetHashCode());
        Assert.False(_secret.Equals(new Secret(Canary + "x")));
        Assert.False(_secret.Equals(null));
        Assert.False(_secret.Equals((object)Canary));
    }
}
