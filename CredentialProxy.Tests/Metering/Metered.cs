using System.Text;
using CredentialProxy.Core.Metering;
using CredentialProxy.Core.Providers;

namespace CredentialProxy.Tests.Metering;

/// <summary>Feeds answers to meters.</summary>
internal static class Metered
{
    /// <summary>A meter that has seen all of an answer, in pieces of these sizes; the last one is what is left.</summary>
    public static UsageMeter Of(Dialect dialect, AnswerForm form, ReadOnlySpan<byte> answer, bool keepsText = true, params ReadOnlySpan<int> sizes)
    {
        var meter = new UsageMeter(dialect, form, keepsText);
        foreach (var size in sizes)
        {
            var part = Math.Min(size, answer.Length);
            meter.Observe(answer[..part]);
            answer = answer[part..];
        }
        meter.Observe(answer);
        meter.Complete();
        return meter;
    }

    public static UsageMeter Json(Dialect dialect, string answer) => Of(dialect, AnswerForm.Json, Encoding.UTF8.GetBytes(answer));

    public static UsageMeter Sse(Dialect dialect, params IEnumerable<string> data) => Of(dialect, AnswerForm.Sse, Encoding.UTF8.GetBytes(DialectRows.Sse(data)));
}
