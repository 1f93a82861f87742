using System.Buffers;
using System.Text;
using CredentialProxy.Core.Limits.Redis.Journal;

namespace CredentialProxy.Tests.Limits.Redis.Journal;

/// <summary>The file of a journal, however its writing was cut short.</summary>
public sealed class JournalFileTests : IDisposable
{
    private static readonly string[] Entries = ["one", new string('x', 3_000), "ä"];

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("credential-proxy-journal-");

    private string File => Path.Combine(_directory.FullName, "journal");

    public void Dispose() => _directory.Delete(recursive: true);

    [Fact]
    public async Task Entries_come_back_in_their_order_and_go_when_it_is_cleared()
    {
        await WriteAsync(Entries);
        using (var file = JournalFile.Open(File, out var entries, out var torn))
        {
            Assert.Equal(Entries, Read(entries));
            Assert.Equal(0, torn);
            file.Clear();
            await file.AppendAsync(Framed("last"));
        }
        using var again = JournalFile.Open(File, out var left, out _);
        Assert.Equal(["last"], Read(left));
    }

    [Fact]
    public async Task One_that_was_cut_short_anywhere_holds_the_entries_before_the_cut_and_goes_on_from_there()
    {
        await WriteAsync(Entries);
        var whole = await System.IO.File.ReadAllBytesAsync(File, TestContext.Current.CancellationToken);
        var ends = Entries.Select((_, index) => Entries.Take(index + 1).Sum(entry => Framed(entry).Length)).ToList();
        foreach (var length in Enumerable.Range(0, whole.Length).Where(length => length < 40 || length > whole.Length - 40 || length % 97 == 0))
        {
            await System.IO.File.WriteAllBytesAsync(File, whole[..length], TestContext.Current.CancellationToken);
            var count = ends.Count(end => end <= length);
            using (var file = JournalFile.Open(File, out var entries, out var torn))
            {
                Assert.Equal(Entries.Take(count), Read(entries));
                Assert.Equal(length - ends.Take(count).LastOrDefault(), torn);
                await file.AppendAsync(Framed("next"));
            }
            using var again = JournalFile.Open(File, out var all, out var nothing);
            Assert.Equal([.. Entries.Take(count), "next"], Read(all));
            Assert.Equal(0, nothing);
        }
    }

    [Fact]
    public async Task A_byte_that_is_another_ends_it_before_its_entry()
    {
        await WriteAsync(Entries);
        var bytes = await System.IO.File.ReadAllBytesAsync(File, TestContext.Current.CancellationToken);
        for (var at = 0; at < Framed(Entries[0]).Length; at++)
        {
            var damaged = (byte[])bytes.Clone();
            damaged[at] ^= 0x41;
            await System.IO.File.WriteAllBytesAsync(File, damaged, TestContext.Current.CancellationToken);
            using var file = JournalFile.Open(File, out var entries, out var torn);
            Assert.Empty(entries);
            Assert.Equal(bytes.Length, torn);
        }
    }

    [Fact]
    public async Task It_belongs_to_its_owner_and_to_one_at_a_time()
    {
        await WriteAsync(Entries);
        using var file = JournalFile.Open(File, out _, out _);
        Assert.Throws<IOException>(() => JournalFile.Open(File, out _, out _));
        Assert.True(OperatingSystem.IsWindows() || System.IO.File.GetUnixFileMode(File) == (UnixFileMode.UserRead | UnixFileMode.UserWrite));
    }

    private async Task WriteAsync(string[] entries)
    {
        using var file = JournalFile.Open(File, out _, out _);
        await file.AppendAsync(Framed(entries));
    }

    private static byte[] Framed(params string[] entries)
    {
        var framed = new ArrayBufferWriter<byte>();
        foreach (var entry in entries)
            JournalFile.Frame(Encoding.UTF8.GetBytes(entry), framed);
        return framed.WrittenSpan.ToArray();
    }

    private static IEnumerable<string> Read(IEnumerable<ReadOnlyMemory<byte>> entries) => entries.Select(entry => Encoding.UTF8.GetString(entry.Span));
}
