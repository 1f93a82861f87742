namespace CredentialProxy.Fuzzing;

/// <summary>An input: a first line of settings, one character each, and after it the bytes that are read.</summary>
internal readonly ref struct FuzzInput
{
    private readonly ReadOnlySpan<byte> _settings;

    /// <summary>Takes an input apart.</summary>
    public FuzzInput(ReadOnlySpan<byte> input)
    {
        var end = input.IndexOf((byte)'\n');
        _settings = end < 0 ? [] : input[..end];
        Bytes = input[(end + 1)..];
    }

    /// <summary>What is read.</summary>
    public ReadOnlySpan<byte> Bytes { get; }

    /// <summary>The setting at this place, counted from the digit 0; 0 where there is none.</summary>
    public int Setting(int at) => at < _settings.Length ? (_settings[at] - '0') & 0x7F : 0;

    /// <summary>The one of these that the setting at this place means.</summary>
    public T Pick<T>(int at, ReadOnlySpan<T> choices) => choices[Setting(at) % choices.Length];
}
