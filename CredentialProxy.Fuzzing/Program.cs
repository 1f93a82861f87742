using CredentialProxy.Fuzzing;
using SharpFuzz;

return args switch
{
    ["list"] => List(),
    ["words", var name] when FuzzTargets.Find(name) is { } target => Print(FuzzWords.Of(target)),
    ["fuzz", var name] when FuzzTargets.Find(name) is { } target => Fuzz(target),
    ["replay", var name, .. var files] when FuzzTargets.Find(name) is { } target && files.Length > 0 => Replay(target, files),
    _ => Usage(),
};

static int List() => Print(FuzzTargets.All.Select(target => target.Name));

static int Print(IEnumerable<string> lines)
{
    foreach (var line in lines)
    {
        Console.WriteLine(line);
    }
    return 0;
}

// Under afl-fuzz, for as long as that wants. The target runs in a process of its own, which may hang or run out of stack without taking the fork server along.
static int Fuzz(FuzzTarget target)
{
    Fuzzer.OutOfProcess.Run(stream =>
    {
        using var input = new MemoryStream();
        stream.CopyTo(input);
        target.Run(input.GetBuffer().AsSpan(0, (int)input.Length));
    });
    return 0;
}

// Without it: what does this file do?
static int Replay(FuzzTarget target, string[] files)
{
    foreach (var file in files)
    {
        Console.WriteLine(file);
        target.Run(File.ReadAllBytes(file));
    }
    return 0;
}

static int Usage()
{
    Console.Error.WriteLine("""
        list                    the targets
        words TARGET            a dictionary for afl-fuzz
        fuzz TARGET             runs under afl-fuzz; see eng/fuzz/run.sh
        replay TARGET FILE...   runs files through a target; fails with what went wrong
        """);
    return 2;
}
