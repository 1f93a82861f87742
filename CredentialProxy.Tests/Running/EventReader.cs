using System.Text;

namespace CredentialProxy.Tests.Running;

/// <summary>Reads a stream piece by piece as it arrives, with the patience of a test: a piece that does not come in time is one that was held back.</summary>
internal sealed class EventReader(Stream stream) : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly CancellationTokenSource _patience = new();
    private readonly StringBuilder _text = new();
    private readonly byte[] _buffer = new byte[16 * 1024];

    public static async Task<EventReader> OfAsync(HttpResponseMessage answer) => new(await answer.Content.ReadAsStreamAsync());

    public void Dispose()
    {
        _patience.Dispose();
        stream.Dispose();
    }

    /// <summary>The next event without its blank line; null at the end. Blank lines alone are no event.</summary>
    public async Task<string?> NextAsync()
    {
        string? next;
        do
        {
            next = await NextAsync("\n\n");
        }
        while (next is "");
        return next;
    }

    /// <summary>What stands before the next separator; at the end what is left, then null.</summary>
    public async Task<string?> NextAsync(string separator)
    {
        while (true)
        {
            var text = _text.ToString();
            var end = text.IndexOf(separator, StringComparison.Ordinal);
            if (end >= 0)
            {
                _text.Remove(0, end + separator.Length);
                return text[..end];
            }
            _patience.CancelAfter(Patience);
            var count = await stream.ReadAsync(_buffer, _patience.Token);
            if (count == 0)
            {
                _text.Clear();
                return text.Length == 0 ? null : text;
            }
            _text.Append(Encoding.UTF8.GetString(_buffer, 0, count));
        }
    }

    /// <summary>All events that are left.</summary>
    public async Task<List<string>> RestAsync()
    {
        var rest = new List<string>();
        while (await NextAsync() is { } next)
        {
            rest.Add(next);
        }
        return rest;
    }
}
