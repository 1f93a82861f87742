using System.Globalization;
using System.Text;

namespace CredentialProxy.Admin.Api.Usage;

/// <summary>
/// Usage records as CSV (RFC 4180). Texts are quoted, and what a spreadsheet would take for a formula has an apostrophe before it (https://owasp.org/www-community/attacks/CSV_Injection): project and
/// model are whatever a client wrote.
/// </summary>
internal static class UsageCsv
{
    private const string FormulaStarts = "=+-@\t\r\n＝＋－＠";

    /// <summary>The first line.</summary>
    public const string Header =
        "requestId,time,token,project,credential,provider,model,endpoint,status,inputTokens,outputTokens,cachedInputTokens,cacheWriteTokens,reasoningTokens,usd,marks,durationMs,traceId\r\n";

    /// <summary>The lines of some records.</summary>
    public static string Write(IEnumerable<UsageRecordDocument> records)
    {
        var text = new StringBuilder();
        foreach (var record in records)
        {
            foreach (var field in (ReadOnlySpan<string?>)[record.RequestId, record.Time.ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture), record.Token, record.Project, record.Credential, record.Provider, record.Model, record.Endpoint])
            {
                Quote(text, field).Append(',');
            }
            text.Append(CultureInfo.InvariantCulture, $"{record.Status},{record.InputTokens},{record.OutputTokens},{record.CachedInputTokens},{record.CacheWriteTokens},{record.ReasoningTokens},{record.Usd},");
            Quote(text, string.Join(' ', record.Marks)).Append(CultureInfo.InvariantCulture, $",{record.DurationMs},");
            Quote(text, record.TraceId).Append("\r\n");
        }
        return text.ToString();
    }

    private static StringBuilder Quote(StringBuilder text, string? field)
    {
        field ??= "";
        var isFormula = field.Length > 0 && FormulaStarts.Contains(field[0], StringComparison.Ordinal);
        return text.Append('"').Append(isFormula ? "'" : "").Append(field.Replace("\"", "\"\"", StringComparison.Ordinal)).Append('"');
    }
}
