using System.Text;
using Google.Protobuf;

namespace CredentialProxy.Tests.Telemetry;

/// <summary>A message of protobuf, read by the numbers of its fields (https://protobuf.dev/programming-guides/encoding/).</summary>
internal sealed class WireMessage
{
    private readonly List<(int Field, ulong Number, byte[] Bytes)> _fields = [];

    public WireMessage(byte[] bytes)
    {
        using var input = new CodedInputStream(bytes);
        while (input.ReadTag() is > 0 and var tag)
        {
            var field = WireFormat.GetTagFieldNumber(tag);
            _fields.Add(WireFormat.GetTagWireType(tag) switch
            {
                WireFormat.WireType.Varint => (field, input.ReadUInt64(), []),
                WireFormat.WireType.Fixed64 => (field, input.ReadFixed64(), []),
                WireFormat.WireType.Fixed32 => (field, input.ReadFixed32(), []),
                WireFormat.WireType.LengthDelimited => (field, 0, input.ReadBytes().ToByteArray()),
                var type => throw new FormatException($"Field {field} is of type {type}."),
            });
        }
    }

    public IEnumerable<WireMessage> Messages(int field) => _fields.Where(entry => entry.Field == field).Select(entry => new WireMessage(entry.Bytes));

    public string Hex(int field) => Convert.ToHexStringLower(Bytes(field));

    public string Text(int field) => Encoding.UTF8.GetString(Bytes(field));

    public ulong Number(int field) => _fields.FirstOrDefault(entry => entry.Field == field).Number;

    public bool Has(int field) => _fields.Any(entry => entry.Field == field);

    private byte[] Bytes(int field) => _fields.FirstOrDefault(entry => entry.Field == field).Bytes ?? [];
}
