namespace CredentialProxy.Fuzzing;

/// <summary>Where bytes are cut before they are fed to a reader: offsets in ascending order; where two are the same there is an empty piece.</summary>
internal static class Cuts
{
    private const int MostCuts = 4096;

    /// <summary>After each byte.</summary>
    public static int[] Everywhere(int length) => [.. Enumerable.Range(0, Math.Min(length, MostCuts) + 1)];

    /// <summary>Here and there, the same for the same seed.</summary>
    public static int[] Drawn(int seed, int length)
    {
        var cuts = new List<int>();
        var state = (uint)seed;
        for (var at = 0; at <= length && cuts.Count < MostCuts;)
        {
            state = (state * 1664525) + 1013904223;
            // Mostly short pieces, now and then none or a long one.
            at += (int)(state >> 24) % (1 + (int)((state >> 12) & (seed % 2 == 0 ? 7u : 63u)));
            cuts.Add(Math.Min(at, length));
        }
        return [.. cuts];
    }

    /// <summary>The ways in which every input is cut.</summary>
    public static int[][] Of(in FuzzInput input, int seedSetting) => [Everywhere(input.Bytes.Length), Drawn(input.Setting(seedSetting), input.Bytes.Length)];
}
