using CredentialProxy.Core.Usage;

namespace CredentialProxy.Core.Metering;

/// <summary>
/// Counts the items of a response of OpenAI's that are calls of tools charged by the call. A stream tells each when it is done, and all of them once more at its end; a plain answer only the
/// latter (https://developers.openai.com/api/reference/resources/responses/streaming-events).
/// </summary>
internal struct OutputItems
{
    private ToolCalls _done;
    private ToolCalls _whole;
    private ToolCalls _item;
    private ToolCalls _output;
    private bool _isDone;

    /// <summary>The calls so far.</summary>
    public readonly ToolCalls Calls => _done.AtLeast(_whole).AtLeast(_output);

    /// <summary>The type of the event.</summary>
    public void OnEvent(ReadOnlySpan<byte> type) => _isDone = type.SequenceEqual("response.output_item.done"u8);

    /// <summary>The type of the item that the event is about.</summary>
    public void OnItem(ReadOnlySpan<byte> type) => _item = CallOf(type);

    /// <summary>The type of an item of the whole output.</summary>
    public void OnOutput(ReadOnlySpan<byte> type) => _output = Sum(_output, CallOf(type));

    /// <summary>The event is whole; its members may have come in any order.</summary>
    public void OnEventEnd()
    {
        _done = _isDone ? Sum(_done, _item) : _done;
        _whole = _whole.AtLeast(_output);
        (_item, _output, _isDone) = (default, default, false);
    }

    private static ToolCalls CallOf(ReadOnlySpan<byte> type) => type switch
    {
        _ when type.SequenceEqual("web_search_call"u8) => new ToolCalls { WebSearches = 1 },
        _ when type.SequenceEqual("file_search_call"u8) => new ToolCalls { FileSearches = 1 },
        _ when type.SequenceEqual("code_interpreter_call"u8) || type.SequenceEqual("shell_call"u8) => new ToolCalls { ContainerGigabytes = 1 },
        _ when type.SequenceEqual("image_generation_call"u8) => new ToolCalls { Images = 1 },
        _ => default,
    };

    private static ToolCalls Sum(in ToolCalls a, in ToolCalls b) => new()
    {
        WebSearches = a.WebSearches + b.WebSearches,
        FileSearches = a.FileSearches + b.FileSearches,
        ContainerGigabytes = Math.Max(a.ContainerGigabytes, b.ContainerGigabytes),
        Images = a.Images + b.Images,
    };
}
