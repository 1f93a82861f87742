using System.Buffers;
using System.Text.Json;
using CredentialProxy.Core.Usage;

namespace CredentialProxy.Core.Limits.Redis;

/// <summary>Writes usage records as <see cref="UsageEntry"/> has them, one after another.</summary>
internal sealed class UsageEntryWriter : IDisposable
{
    // All names are ours and in order.
    private static readonly JsonWriterOptions Options = new() { SkipValidation = true };

    private readonly ArrayBufferWriter<byte> _buffer = new(512);
    private readonly Utf8JsonWriter _json;

    public UsageEntryWriter() => _json = new Utf8JsonWriter(_buffer, Options);

    /// <summary>The record, with every figure brought between 0 and <see cref="Limit.MaxAmount"/>.</summary>
    public byte[] Write(UsageRecord record)
    {
        _buffer.ResetWrittenCount();
        _json.Reset();
        _json.WriteStartObject();
        _json.WriteNumber("v", UsageEntry.Version);
        _json.WriteString("id", record.RequestId);
        _json.WriteNumber("t", record.Time.ToUnixTimeMilliseconds());
        _json.WriteString("tok", record.TokenId);
        if (record.ProjectId is not null)
            _json.WriteString("prj", record.ProjectId);
        _json.WriteString("crd", record.CredentialId);
        _json.WriteString("prv", record.Provider);
        _json.WriteString("mod", record.Model);
        _json.WriteString("ep", record.Endpoint);
        if (record.TraceId is not null)
            _json.WriteString("tr", record.TraceId);
        if (record.SpanId is not null)
            _json.WriteString("sp", record.SpanId);
        foreach (var figure in UsageEntryFigures.All)
            Write(figure, record);
        _json.WriteEndObject();
        _json.Flush();
        return _buffer.WrittenSpan.ToArray();
    }

    public void Dispose() => _json.Dispose();

    private void Write(UsageEntryFigure figure, UsageRecord record)
    {
        if (figure.Get(record) is not { } amount)
            return;
        var bounded = Limit.Bound(amount);
        if (bounded > 0 || figure.IsKeptAtZero)
            _json.WriteNumber(figure.Name, bounded);
    }
}
