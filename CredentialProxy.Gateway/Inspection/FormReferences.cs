using System.Text;
using CredentialProxy.Core.Objects;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;

namespace CredentialProxy.Gateway.Inspection;

/// <summary>
/// Reads a form (RFC 7578) for the stored objects that its fields name. Every short part is looked at, whatever it says of itself: what one server takes for a file, another takes for a field.
/// </summary>
internal static class FormReferences
{
    /// <summary>An id is shorter; what is longer is a file or a text.</summary>
    private const int MaxValueBytes = 1024;

    /// <summary>The longest boundary of RFC 2046 §5.1.1; the reader of parts fails on one that is longer than its buffer.</summary>
    private const int MaxBoundaryLength = 70;

    /// <summary>Reads; null for what is no form.</summary>
    public static async ValueTask<References?> ReadAsync(ObjectKinds kinds, string contentType, Stream body, bool looksAtValues, CancellationToken cancellationToken)
    {
        if (!MediaTypeHeaderValue.TryParse(contentType, out var type) || HeaderUtilities.RemoveQuotes(type.Boundary) is not { Length: > 0 and <= MaxBoundaryLength } boundary)
        {
            return null;
        }
        var references = new References();
        var buffer = new byte[MaxValueBytes + 1];
        var reader = new MultipartReader(boundary.ToString(), body);
        try
        {
            while (await reader.ReadNextSectionAsync(cancellationToken) is { } section)
            {
                if (!ContentDispositionHeaderValue.TryParse(section.ContentDisposition, out var disposition))
                {
                    return null;
                }
                var length = await section.Body.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellationToken);
                if (length <= MaxValueBytes)
                {
                    references.AddField(kinds, HeaderUtilities.RemoveQuotes(disposition.Name).ToString(), Encoding.UTF8.GetString(buffer, 0, length), looksAtValues);
                }
            }
            return references;
        }
        catch (Exception e) when (e is IOException or InvalidDataException)
        {
            return null;
        }
    }
}
