namespace CredentialProxy.Fuzzing;

/// <summary>A reader of hostile bytes, and what must hold of it whatever the bytes are. The summary of each target states that.</summary>
internal abstract class FuzzTarget
{
    /// <summary>The name on the command line, and of the folder of its seeds.</summary>
    public abstract string Name { get; }

    /// <summary>Words of the reader's language, for a fuzzer that would not come upon them by itself.</summary>
    public virtual IEnumerable<string> Words => [];

    /// <summary>Runs one input.</summary>
    /// <exception cref="BrokenPropertyException">A property does not hold for it. Any other exception is a fault as well.</exception>
    public abstract void Run(ReadOnlySpan<byte> input);
}
