namespace CredentialProxy.Benchmarks.Neighbours;

/// <summary>A client that sends far more than it may, and counts what it is answered.</summary>
internal interface IFlood
{
    /// <summary>How many answers it got.</summary>
    int Answers { get; }

    /// <summary>How many of them had this status.</summary>
    int AnswersOf(int status);

    /// <summary>Floods until it is stopped.</summary>
    Task RunAsync(CancellationToken stop);
}
