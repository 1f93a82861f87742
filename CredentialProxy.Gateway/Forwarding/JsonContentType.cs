using Microsoft.Extensions.Primitives;

namespace CredentialProxy.Gateway.Forwarding;

/// <summary>
/// What a body that was read as JSON is sent as: a provider that was told of a form, or of another charset, could read other things in the same bytes. Many a client sends JSON
/// under a wrong name or none, so that it is put right rather than refused.
/// </summary>
internal static class JsonContentType
{
    public const string Value = "application/json";

    private static readonly string[] Right = ["application/json", "application/json; charset=utf-8", "application/json;charset=utf-8", "application/json; charset=\"utf-8\""];

    /// <summary>Whether the client's own header says so already.</summary>
    public static bool IsRight(StringValues contentType)
    {
        if (contentType is not [{ } value])
        {
            return false;
        }
        foreach (var right in Right)
        {
            if (value.Equals(right, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }
        return false;
    }
}
