namespace CredentialProxy.Benchmarks.Chaos.Servers;

/// <summary>Waits for conditions.</summary>
internal static class Patience
{
    private static readonly TimeSpan Most = TimeSpan.FromSeconds(90);

    /// <summary>Waits until something holds. What throws does not hold yet.</summary>
    public static async Task UntilAsync(string what, Func<Task<bool>> holds)
    {
        using var patience = new CancellationTokenSource(Most);
        Exception? last = null;
        while (!patience.IsCancellationRequested)
        {
            try
            {
                if (await holds())
                {
                    return;
                }
            }
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                last = e;
            }
            await Task.Delay(50, CancellationToken.None);
        }
        throw new TimeoutException($"It did not come to pass that {what}.", last);
    }
}
