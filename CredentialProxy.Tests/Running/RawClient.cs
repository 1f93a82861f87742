using System.Net.Sockets;
using System.Text;

namespace CredentialProxy.Tests.Running;

/// <summary>Sends the very bytes of a request, for what a client library would put right or refuse to send.</summary>
internal static class RawClient
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    /// <summary>Sends bytes as Latin-1 and reads until the server ends the connection; so the request must say <c>Connection: close</c>.</summary>
    public static async Task<string> SendAsync(Uri address, string request)
    {
        using var patience = new CancellationTokenSource(Patience);
        using var client = new TcpClient();
        await client.ConnectAsync(address.Host, address.Port, patience.Token);
        await using var stream = client.GetStream();
        await stream.WriteAsync(Encoding.Latin1.GetBytes(request), patience.Token);
        var answer = new MemoryStream();
        try
        {
            await stream.CopyToAsync(answer, patience.Token);
        }
        catch (IOException)
        {
            // A reset after the answer ends it as well.
        }
        return Encoding.Latin1.GetString(answer.ToArray());
    }

    /// <summary>A POST of JSON with these further header lines, each with its line end.</summary>
    public static string Post(Uri address, string target, string headers, string body) =>
        $"POST {target} HTTP/1.1\r\nHost: {address.Authority}\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: {Encoding.UTF8.GetByteCount(body)}\r\n{headers}\r\n{body}";
}
