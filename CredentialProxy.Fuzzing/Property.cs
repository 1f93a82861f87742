namespace CredentialProxy.Fuzzing;

/// <summary>Checks of properties.</summary>
internal static class Property
{
    /// <summary>The claim holds.</summary>
    public static void Holds(bool isTrue, string claim)
    {
        if (!isTrue)
        {
            throw new BrokenPropertyException(claim);
        }
    }

    /// <summary>Two readings are the same.</summary>
    public static void Same<T>(T expected, T actual, string claim)
    {
        if (!EqualityComparer<T>.Default.Equals(expected, actual))
        {
            throw new BrokenPropertyException($"{claim}\nexpected: {expected}\nactual:   {actual}");
        }
    }

    /// <summary>Two texts are the same, byte for byte.</summary>
    public static void SameBytes(ReadOnlySpan<byte> expected, ReadOnlySpan<byte> actual, string claim)
    {
        if (!expected.SequenceEqual(actual))
        {
            throw new BrokenPropertyException($"{claim}\nexpected: {System.Text.Encoding.Latin1.GetString(expected)}\nactual:   {System.Text.Encoding.Latin1.GetString(actual)}");
        }
    }
}
