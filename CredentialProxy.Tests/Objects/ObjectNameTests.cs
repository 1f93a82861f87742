using CredentialProxy.Core.Objects;

namespace CredentialProxy.Tests.Objects;

public sealed class ObjectNameTests
{
    [Theory]
    [InlineData("file-abc", "file-abc")]
    [InlineData("files/abc", "abc")]
    [InlineData("models/veo-3/operations/op1", "op1")]
    [InlineData("https://g.example/v1beta/files/abc:download?alt=media", "abc")]
    [InlineData("files/abc:download", "abc")]
    public void An_answer_tells_the_last_segment(string text, string id) => Assert.Equal(id, ObjectName.InAnswer(text));

    [Theory]
    [InlineData("file-abc", "file-abc")]
    [InlineData("files/abc", "abc")]
    [InlineData("cachedContents/a-b_c", "a-b_c")]
    [InlineData("https://generativelanguage.googleapis.com/v1beta/files/abc", "abc")]
    [InlineData("https://generativelanguage.googleapis.com/v1beta/FILES/abc", "abc")]
    [InlineData("https://generativelanguage.googleapis.com/v1beta/%66iles%2Fabc", "abc")]
    [InlineData("http://127.0.0.1:1/v1beta/files/abc:download?alt=media", "abc")]
    public void A_request_means_the_object_itself(string text, string id) => Assert.Equal(id, ObjectName.InRequest(text));

    [Theory]
    [InlineData("https://www.youtube.com/watch?v=abc")]
    [InlineData("gs://bucket/object")]
    public void Another_address_is_no_stored_object(string text) => Assert.Null(ObjectName.InRequest(text));

    // What two readers could read in two ways is taken as a whole, and nobody owns that.
    [Theory]
    [Trait("threat", "reach-6")]
    [InlineData("cachedContents/theirs/mine")]
    [InlineData("cachedContents/theirs?x=/mine")]
    [InlineData("cachedContents/theirs#/mine")]
    [InlineData("cachedContents/theirs/../mine")]
    [InlineData("files/")]
    [InlineData("https://g.example/v1beta/files/mine/../theirs")]
    [InlineData("https://g.example/v1beta/files/mine#/files/theirs")]
    [InlineData("https://g.example/v1beta/files/mine\\..\\theirs")]
    [InlineData("https://g.example/v1beta/files/mine?x=../theirs")]
    [InlineData("https://g.example/v1beta/%2566iles/theirs")]
    public void What_can_be_read_in_two_ways_is_nobody_s(string text) => Assert.Equal(text, ObjectName.InRequest(text));

    [Fact]
    public void The_first_of_two_files_in_an_address_counts() =>
        Assert.NotEqual("mine", ObjectName.InRequest("https://g.example/v1beta/files/theirs?copy=files/mine"));
}
