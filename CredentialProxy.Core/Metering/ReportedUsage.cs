using System.Text.Json;
using CredentialProxy.Core.Limits;
using CredentialProxy.Core.Providers;
using CredentialProxy.Core.Usage;

namespace CredentialProxy.Core.Metering;

/// <summary>
/// A usage object as a provider wrote it, the fields of all dialects side by side: what one event leaves out an earlier one has said, and the last word counts.
/// Numbers that can't be (negative, fractional, beyond 2^53, strings) are passed over.
/// </summary>
internal struct ReportedUsage
{
    private long? _input;
    private long? _output;
    private long? _cached;
    private long? _cacheWrite;
    private long? _cacheWriteShort;
    private long? _cacheWriteHour;
    private long? _reasoning;
    private long? _audioInput;
    private long? _audioOutput;
    private long? _toolInput;
    private long? _cost;

    /// <summary>Takes over what a usage object says; false when it is not one.</summary>
    public bool TryMerge(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json);
        try
        {
            var isOutputDetail = false;
            var field = default(ReadOnlySpan<byte>);
            while (reader.Read())
            {
                if (reader.TokenType == JsonTokenType.PropertyName)
                {
                    field = reader.ValueSpan;
                    isOutputDetail = reader.CurrentDepth == 1 ? field.SequenceEqual("completion_tokens_details"u8) || field.SequenceEqual("output_tokens_details"u8) : isOutputDetail;
                }
                else if (reader.TokenType == JsonTokenType.Number && reader.CurrentDepth is 1 or 2)
                {
                    Take(field, ref reader, isOutputDetail);
                }
            }
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    /// <summary>The same in the one shape that all dialects share.</summary>
    public readonly TokenUsage Normalize(Dialect dialect)
    {
        var input = _input ?? 0;
        var output = _output ?? 0;
        var written = _cacheWrite ?? 0;
        switch (dialect)
        {
            case Dialect.AnthropicMessages:
                // Its input_tokens leave out what was read from or written to a cache.
                written = _cacheWrite ?? (_cacheWriteShort ?? 0) + (_cacheWriteHour ?? 0);
                input = Sum(input, _cached, written);
                break;
            case Dialect.GeminiGenerate or Dialect.GeminiEmbed:
                input = Sum(input, _toolInput, 0);
                output = Sum(output, _reasoning, 0);
                break;
        }
        return new TokenUsage
        {
            InputTokens = input,
            CachedInputTokens = Math.Min(_cached ?? 0, input),
            CacheWriteTokens = Math.Max(0, written - (_cacheWriteHour ?? 0)),
            CacheWriteHourTokens = _cacheWriteHour ?? 0,
            AudioInputTokens = _audioInput ?? 0,
            OutputTokens = output,
            ReasoningTokens = Math.Min(_reasoning ?? 0, output),
            AudioOutputTokens = _audioOutput ?? 0,
            ReportedCostMicroUsd = _cost,
        };
    }

    private static long Sum(long a, long? b, long c) => Math.Min(Limit.MaxAmount, a + (b ?? 0) + c);

    private void Take(ReadOnlySpan<byte> field, ref Utf8JsonReader reader, bool isOutputDetail)
    {
        if (field.SequenceEqual("cost"u8) && reader.CurrentDepth == 1)
        {
            if (reader.TryGetDecimal(out var usd) && usd >= 0 && usd <= MicroUsd.ToUsd(Limit.MaxAmount))
            {
                _cost = (long)decimal.Ceiling(usd * MicroUsd.PerUsd);
            }
            return;
        }
        if (!reader.TryGetInt64(out var number) || number is < 0 or > Limit.MaxAmount)
        {
            return;
        }
        if (reader.CurrentDepth == 2)
        {
            TakeDetail(field, number, isOutputDetail);
        }
        else
        {
            TakeTotal(field, number);
        }
    }

    private void TakeTotal(ReadOnlySpan<byte> field, long number)
    {
        if (field.SequenceEqual("prompt_tokens"u8) || field.SequenceEqual("input_tokens"u8) || field.SequenceEqual("promptTokenCount"u8))
        {
            _input = number;
        }
        else if (field.SequenceEqual("completion_tokens"u8) || field.SequenceEqual("output_tokens"u8) || field.SequenceEqual("candidatesTokenCount"u8))
        {
            _output = number;
        }
        else if (field.SequenceEqual("cache_read_input_tokens"u8) || field.SequenceEqual("cachedContentTokenCount"u8))
        {
            _cached = number;
        }
        else if (field.SequenceEqual("cache_creation_input_tokens"u8))
        {
            _cacheWrite = number;
        }
        else if (field.SequenceEqual("thoughtsTokenCount"u8))
        {
            _reasoning = number;
        }
        else if (field.SequenceEqual("toolUsePromptTokenCount"u8))
        {
            _toolInput = number;
        }
    }

    private void TakeDetail(ReadOnlySpan<byte> field, long number, bool isOutputDetail)
    {
        if (field.SequenceEqual("cached_tokens"u8))
        {
            _cached = number;
        }
        else if (field.SequenceEqual("cache_write_tokens"u8))
        {
            _cacheWrite = number;
        }
        else if (field.SequenceEqual("reasoning_tokens"u8))
        {
            _reasoning = number;
        }
        else if (field.SequenceEqual("ephemeral_5m_input_tokens"u8))
        {
            _cacheWriteShort = number;
        }
        else if (field.SequenceEqual("ephemeral_1h_input_tokens"u8))
        {
            _cacheWriteHour = number;
        }
        else if (field.SequenceEqual("audio_tokens"u8))
        {
            if (isOutputDetail)
            {
                _audioOutput = number;
            }
            else
            {
                _audioInput = number;
            }
        }
    }
}
