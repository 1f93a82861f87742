using System.Text.Json;
using CredentialProxy.Core.Providers;

namespace CredentialProxy.Core.Inspection;

/// <summary>
/// Refuses a name that an inspection turns on, written in another letter case, wherever a server that minds no case would take it for ours. What is of free form, such as arguments and schemas, is the client's
/// own to name. Google's parser minds the case.
/// </summary>
internal static class OtherCase
{
    private const int ListDepth = 3;

    /// <summary>Says what is wrong with a name of a member inside a member of the body; null when nothing is.</summary>
    public static InspectionError? Refuse(ref Utf8JsonReader reader, Dialect dialect, in BodyKeyPath path, int depth, bool isFreeForm) =>
        Matters(dialect, path.At(1), depth, isFreeForm) && BodyKeys.ReadIgnoringCase(ref reader, out var written) != BodyKey.Other ? Refusal(written!) : null;

    /// <summary>What is said of such a name.</summary>
    public static InspectionError Refusal(string written) => new($"'{written}' must be written in lower case.", written);

    private static bool Matters(Dialect dialect, BodyKey root, int depth, bool isFreeForm) => dialect is not (Dialect.GeminiGenerate or Dialect.GeminiEmbed) && root switch
    {
        // Tools have their own watch, and the variables of a stored prompt names of the client's.
        BodyKey.Tools => false,
        BodyKey.Prompt => depth == 2,
        BodyKey.Plugins or BodyKey.Fallbacks or BodyKey.McpServers or BodyKey.Container or BodyKey.Conversation or BodyKey.Thread or BodyKey.MultiAgent or BodyKey.ContextManagement or BodyKey.ExtraBody =>
            depth <= ListDepth,
        BodyKey.Other => false,
        _ => !isFreeForm,
    };
}
