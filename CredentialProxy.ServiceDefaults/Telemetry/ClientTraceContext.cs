namespace CredentialProxy.ServiceDefaults.Telemetry;

/// <summary>What becomes of the <c>traceparent</c> that a client sends (https://www.w3.org/TR/trace-context/).</summary>
public enum ClientTraceContext
{
    /// <summary>The client's trace goes on with the request.</summary>
    Continue,

    /// <summary>A trace of our own begins, which links to the client's.</summary>
    Link,

    /// <summary>A trace of our own begins, and nothing of the client's is kept.</summary>
    Ignore,
}
