using System.Diagnostics;

namespace CredentialProxy.Fuzzing;

/// <summary>
/// Checks that the time a reader takes grows with the length of what it reads and not with its square. An input is repeated up to a length at which a square would take seconds. One that stays within a generous
/// budget a byte is fine; beyond it, twice the length must not take much more than twice the time, in the best of some attempts in one of several rounds, so that a busy machine is not taken for a slow reader:
/// what grows with the square takes four times as long in each of them.
/// </summary>
internal static class LinearTime
{
    private const int Length = 128 * 1024;
    private const double BudgetMicrosecondsPerByte = 1;
    private const double MostGrowth = 3;
    private const int Attempts = 5;
    private const int Rounds = 5;

    /// <summary>Checks a reader.</summary>
    public static void Check(Action<byte[]> read, ReadOnlySpan<byte> input)
    {
        if (input.IsEmpty)
        {
            return;
        }
        var (once, twice) = (Repeat(input, Length), Repeat(input, 2 * Length));
        if (Time(read, twice).TotalMicroseconds <= BudgetMicrosecondsPerByte * twice.Length)
        {
            return;
        }
        var growth = double.MaxValue;
        for (var round = 0; round < Rounds && growth > MostGrowth; round++)
        {
            growth = Math.Min(growth, Enumerable.Range(0, Attempts).Min(_ => Time(read, twice)) / Enumerable.Range(0, Attempts).Min(_ => Time(read, once)));
        }
        Property.Holds(growth <= MostGrowth, $"Twice the length takes {growth:0.0} times as long.");
    }

    private static byte[] Repeat(ReadOnlySpan<byte> input, int length)
    {
        var bytes = new byte[length];
        for (var at = 0; at < length; at += input.Length)
        {
            input[..Math.Min(input.Length, length - at)].CopyTo(bytes.AsSpan(at));
        }
        return bytes;
    }

    private static TimeSpan Time(Action<byte[]> read, byte[] bytes)
    {
        var start = Stopwatch.GetTimestamp();
        read(bytes);
        return Stopwatch.GetElapsedTime(start);
    }
}
