namespace CredentialProxy.Core.Metering;

/// <summary>Hears the data of server-sent events.</summary>
internal interface IEventListener
{
    /// <summary>Part of an event's data.</summary>
    void OnData(ReadOnlySpan<byte> data);

    /// <summary>The event is whole.</summary>
    void OnEventEnd();
}
