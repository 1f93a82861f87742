using System.Security.Cryptography;
using CredentialProxy.Admin.Authorizing;
using CredentialProxy.Core.Directories;
using Microsoft.Net.Http.Headers;

namespace CredentialProxy.Admin.Issuing;

/// <summary>What proves session tokens, for everybody to see: a JSON Web Key Set (RFC 7517 §5), from memory. Keys are in it before they sign.</summary>
internal static class PublishedKeys
{
    /// <summary>For how long a copy may be kept.</summary>
    public static readonly TimeSpan KeptFor = TimeSpan.FromMinutes(5);

    // At the address where clients look for it by themselves: no part of the control API.
    public static void Map(IEndpointRouteBuilder routes) => routes.MapGet("/.well-known/jwks.json", Answer).AllowEverybody().ExcludeFromDescription();

    private static IResult Answer(IDirectory directory, HttpContext http)
    {
        var keys = directory.SigningKeys.PublicKeys;
        http.Response.GetTypedHeaders().CacheControl = new CacheControlHeaderValue { Public = true, MaxAge = KeptFor };
        return Results.Bytes(keys, "application/jwk-set+json", entityTag: new EntityTagHeaderValue($"\"{Convert.ToHexStringLower(SHA256.HashData(keys.Span)[..16])}\""));
    }
}
