using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;

namespace CredentialProxy.Core.Limits.Redis.Journal;

/// <summary>
/// A file that entries are added to at its end: each behind its length (four bytes) and the first eight bytes of its SHA-256, so that one whose writing was cut short is told from a whole one. One
/// process has it at a time. Not safe for concurrent use.
/// </summary>
internal sealed class JournalFile : IDisposable
{
    private const int LengthBytes = sizeof(int);
    private const int CheckBytes = 8;
    private const int HeadBytes = LengthBytes + CheckBytes;

    /// <summary>The longest entry that is believed. One takes about a kilobyte.</summary>
    private const int MaxEntryBytes = 1 << 20;

    private readonly FileStream _file;

    private JournalFile(FileStream file) => _file = file;

    /// <summary>Whole entries take up so many bytes; what stands behind them is none.</summary>
    public long Length { get; private set; }

    /// <summary>Opens it, made where it isn't there, for its owner alone.</summary>
    /// <param name="path">Where it is.</param>
    /// <param name="entries">The whole entries that it holds.</param>
    /// <param name="torn">How many bytes behind them were cut off, for they are no entry: its writing had not come to its end.</param>
    /// <exception cref="IOException">It can't be read or written, or another process has it.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be written.</exception>
    public static JournalFile Open(string path, out IReadOnlyList<ReadOnlyMemory<byte>> entries, out long torn)
    {
        var options = new FileStreamOptions { Mode = FileMode.OpenOrCreate, Access = FileAccess.ReadWrite, Share = FileShare.None, BufferSize = 0 };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        var file = new FileStream(path, options);
        try
        {
            var journal = new JournalFile(file);
            entries = journal.ReadAll();
            torn = file.Length - journal.Length;
            file.SetLength(journal.Length);
            return journal;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Writes an entry as it stands in the file.</summary>
    public static void Frame(ReadOnlySpan<byte> entry, IBufferWriter<byte> into)
    {
        ArgumentOutOfRangeException.ThrowIfZero(entry.Length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(entry.Length, MaxEntryBytes);
        var head = into.GetSpan(HeadBytes);
        BinaryPrimitives.WriteInt32LittleEndian(head, entry.Length);
        Check(entry, head[LengthBytes..HeadBytes]);
        into.Advance(HeadBytes);
        into.Write(entry);
    }

    /// <summary>Adds entries at its end. When it completes they are on the disk; when it throws the file holds what it held before, and perhaps a torn entry behind it.</summary>
    public async Task AppendAsync(ReadOnlyMemory<byte> framed)
    {
        _file.Position = Length;
        await _file.WriteAsync(framed);
        _file.Flush(flushToDisk: true);
        Length += framed.Length;
    }

    /// <summary>Lets go of everything in it.</summary>
    public void Clear()
    {
        _file.SetLength(0);
        Length = 0;
    }

    public void Dispose() => _file.Dispose();

    private List<ReadOnlyMemory<byte>> ReadAll()
    {
        var entries = new List<ReadOnlyMemory<byte>>();
        var head = new byte[HeadBytes];
        var check = new byte[CheckBytes];
        while (_file.ReadAtLeast(head, HeadBytes, throwOnEndOfStream: false) == HeadBytes)
        {
            var length = BinaryPrimitives.ReadInt32LittleEndian(head);
            if (length is < 1 or > MaxEntryBytes)
                break;
            var entry = new byte[length];
            if (_file.ReadAtLeast(entry, length, throwOnEndOfStream: false) < length)
                break;
            Check(entry, check);
            if (!check.AsSpan().SequenceEqual(head.AsSpan(LengthBytes)))
                break;
            entries.Add(entry);
            Length += HeadBytes + length;
        }

        return entries;
    }

    private static void Check(ReadOnlySpan<byte> entry, Span<byte> into)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(entry, hash);
        hash[..CheckBytes].CopyTo(into);
    }
}
