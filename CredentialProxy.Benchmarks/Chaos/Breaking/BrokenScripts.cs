using System.Reflection;
using CredentialProxy.Core.Limits.Redis;

namespace CredentialProxy.Benchmarks.Chaos.Breaking;

/// <summary>
/// Puts a broken script in place of a good one, in the process it runs in. It rests on private members and the exact text of the scripts, and throws when one of them is not what it was: a
/// breakage that breaks nothing would prove nothing.
/// </summary>
internal static class BrokenScripts
{
    public static void Use(Breakage breakage)
    {
        switch (breakage)
        {
            case Breakage.SettledTwice:
                Replace(nameof(RedisScripts.Settle), ("        charge_all(changes, request.packed)\n", "        charge_all(changes, request.packed)\n        charge_all(changes, request.packed)\n"));
                break;
            case Breakage.NotFenced:
                Replace(nameof(RedisScripts.Close), ("if ARGV[i + 2] == '0' then", "if false then"), ("change_lease(paid, field, amount)", "-- Nobody remembers."));
                break;
            default:
                // The record says so too: the system agrees with itself, and only the provider knows better. Bit 2 of the marks is UsageMarks.ChargedAtReservation.
                Replace(
                    nameof(RedisScripts.Settle),
                    ("local function charge(", """
                        local function is_void(record)
                            local marks = tonumber(string.match(record, '"mk":(%d+)') or '0')
                            return math.floor(marks / 2) % 2 == 1
                        end
                        local void = false
                        local function charge(
                        """),
                    ("spend(counter, bucket, from_lease + from_limit)", "spend(counter, bucket, void and 0 or from_lease + from_limit)"),
                    ("note(changes, counter, from_lease + from_limit, ", "note(changes, counter, void and 0 or from_lease + from_limit, "),
                    ("        local record, changes = request.record, {}\n", """
                                local record, changes = request.record, {}
                                void = is_void(record)
                                if void then
                                    record = string.gsub(string.gsub(record, '"in":%d+', '"in":0'), '"usd":%d+', '"usd":0')
                                end

                        """));
                break;
        }
    }

    private static void Replace(string name, params (string Old, string New)[] changes)
    {
        const BindingFlags Own = BindingFlags.NonPublic | BindingFlags.Instance;
        var scripts = RedisScripts.Shared;
        var script = (RedisScript)typeof(RedisScripts).GetProperty(name)!.GetValue(scripts)!;
        var text = (string)typeof(RedisScript).GetFields(Own).Single(field => field.FieldType == typeof(string)).GetValue(script)!;
        foreach (var (old, replacement) in changes)
        {
            text = text.Split(old).Length == 2 ? text.Replace(old, replacement, StringComparison.Ordinal) : throw new InvalidOperationException($"{name} does not hold '{old}' once.");
        }
        typeof(RedisScripts).GetField($"<{name}>k__BackingField", Own)!.SetValue(scripts, new RedisScript(text));
    }
}
