using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using CredentialProxy.Gateway.Connections;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Microsoft.Extensions.Time.Testing;

namespace CredentialProxy.Tests.Gateway.Connections;

/// <summary>Which version a connection is served by turns on its first bytes alone, however they come; and none of them is taken away.</summary>
public sealed class Http2PriorKnowledgeTests : IAsyncDisposable
{
    private const string Preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

    private readonly FakeTimeProvider _time = new();
    private readonly Pipe _input = new(new PipeOptions(readerScheduler: PipeScheduler.Inline, useSynchronizationContext: false));
    private readonly DefaultConnectionContext _connection;
    private readonly Task _serving;
    private bool? _isHttp2;

    public Http2PriorKnowledgeTests()
    {
        _connection = new DefaultConnectionContext("test") { Transport = new Duplex(_input.Reader, new Pipe().Writer) };
        _serving = Http2PriorKnowledge.ServeAsync(
            _connection,
            connection =>
            {
                _isHttp2 = connection.Features.Get<ITlsApplicationProtocolFeature>()?.ApplicationProtocol.Span.SequenceEqual("h2"u8) == true;
                return Task.CompletedTask;
            },
            TimeSpan.FromSeconds(30),
            _time);
    }

    public ValueTask DisposeAsync() => _connection.DisposeAsync();

    [Fact]
    public async Task The_preface_is_known_when_its_last_byte_has_come_and_not_before()
    {
        foreach (var character in Preface)
        {
            Assert.Null(_isHttp2);
            await SendAsync(character.ToString());
        }
        await _serving;
        Assert.True(_isHttp2);
        Assert.Equal(Preface, await ReadAsync());
    }

    [Theory]
    [InlineData("P", "OST / HTTP/1.1\r\n")]
    [InlineData("PRI * HTTP/", "1.1\r\n")]
    [InlineData("", "GET / HTTP/1.1\r\n")]
    [InlineData("PRI * HTTP/2.0\r\n\r\nSM\r\n\r", "x")]
    public async Task Whatever_differs_from_it_is_served_as_HTTP_1_at_once(string same, string different)
    {
        if (same.Length > 0)
        {
            await SendAsync(same);
        }
        Assert.Null(_isHttp2);
        await SendAsync(different[..1]);
        await _serving;
        Assert.False(_isHttp2);
        await SendAsync(different[1..]);
        Assert.Equal(same + different, await ReadAsync());
    }

    [Fact]
    public async Task Frames_that_come_with_the_preface_stay()
    {
        await SendAsync(Preface + "\0\0\0\u0004");
        await _serving;
        Assert.True(_isHttp2);
        Assert.Equal(Preface + "\0\0\0\u0004", await ReadAsync());
    }

    [Fact]
    public async Task A_connection_that_says_nothing_is_ended()
    {
        await SendAsync("PRI *");
        _time.Advance(TimeSpan.FromSeconds(29));
        Assert.False(_serving.IsCompleted);
        _time.Advance(TimeSpan.FromSeconds(2));
        await _serving;
        Assert.Null(_isHttp2);
        // The cancellation is another thread's.
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Task.Delay(TimeSpan.FromSeconds(10), _connection.ConnectionClosed));
    }

    private async Task SendAsync(string text) => await _input.Writer.WriteAsync(Encoding.Latin1.GetBytes(text));

    private async Task<string> ReadAsync()
    {
        await _input.Writer.CompleteAsync();
        return Encoding.Latin1.GetString((await _input.Reader.ReadAtLeastAsync(int.MaxValue)).Buffer.ToArray());
    }

    private sealed record Duplex(PipeReader Input, PipeWriter Output) : IDuplexPipe;
}
