using System.Globalization;
using System.Text;

namespace CredentialProxy.Tests.Running;

/// <summary>Reads messages of HTTP/1.1 off a connection, strictly: what is not framed well is a <see cref="FormatException"/>.</summary>
internal sealed class WireReader(Stream stream, CancellationToken cancellationToken)
{
    private readonly byte[] _buffer = new byte[64 * 1024];
    private string _unread = "";

    /// <summary>A message with its body, chunks taken off; null where the connection has ended.</summary>
    public async Task<string?> ReadMessageAsync()
    {
        var headerEnd = await FindAsync("\r\n\r\n");
        if (headerEnd < 0)
        {
            return _unread.Length == 0 ? null : throw new FormatException($"Not a whole header: {_unread}");
        }
        var header = Take(headerEnd + 4);
        var lines = header.Split("\r\n");
        if (lines[0].StartsWith("HTTP/1.1 1", StringComparison.Ordinal) || lines[0].StartsWith("HTTP/1.1 204", StringComparison.Ordinal) || lines[0].StartsWith("HTTP/1.1 304", StringComparison.Ordinal))
        {
            return header;
        }
        if (ValueOf(lines, "transfer-encoding") is "chunked")
        {
            return header + await ReadChunksAsync();
        }
        if (ValueOf(lines, "content-length") is { } length)
        {
            return header + await TakeAsync(int.Parse(length, NumberStyles.None, CultureInfo.InvariantCulture));
        }
        return lines[0].StartsWith("HTTP/", StringComparison.Ordinal) ? header + await ReadToEndAsync() : header;
    }

    /// <summary>All that comes until the connection ends.</summary>
    public async Task<string> ReadToEndAsync()
    {
        while (await FillAsync())
        {
            // More may come.
        }
        return Take(_unread.Length);
    }

    /// <summary>The value of a header line; null for none.</summary>
    public static string? ValueOf(IEnumerable<string> lines, string name) =>
        lines.FirstOrDefault(line => line.StartsWith(name + ":", StringComparison.OrdinalIgnoreCase))?[(name.Length + 1)..].Trim();

    private async Task<string> ReadChunksAsync()
    {
        var body = new StringBuilder();
        while (true)
        {
            var end = await FindAsync("\r\n");
            var size = int.Parse(Take(end), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
            Take(2);
            if (size == 0)
            {
                // Trailers, as they are.
                for (var line = await FindAsync("\r\n"); line > 0; line = await FindAsync("\r\n"))
                {
                    body.Append(Take(line + 2));
                }
                Take(2);
                return body.ToString();
            }
            body.Append(await TakeAsync(size));
            if (await TakeAsync(2) != "\r\n")
            {
                throw new FormatException("A chunk does not end where it says.");
            }
        }
    }

    private async Task<int> FindAsync(string mark)
    {
        while (true)
        {
            var found = _unread.IndexOf(mark, StringComparison.Ordinal);
            if (found >= 0 || !await FillAsync())
            {
                return found;
            }
        }
    }

    private async Task<string> TakeAsync(int length)
    {
        while (_unread.Length < length)
        {
            if (!await FillAsync())
            {
                throw new FormatException("The body ends before its length.");
            }
        }
        return Take(length);
    }

    private string Take(int length)
    {
        if (length < 0 || length > _unread.Length)
        {
            throw new FormatException("The connection ended within a message.");
        }
        var taken = _unread[..length];
        _unread = _unread[length..];
        return taken;
    }

    private async Task<bool> FillAsync()
    {
        var count = await stream.ReadAsync(_buffer, cancellationToken);
        _unread += Encoding.Latin1.GetString(_buffer, 0, count);
        return count > 0;
    }
}
