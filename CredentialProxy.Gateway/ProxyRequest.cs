using CredentialProxy.Core.Inspection;
using CredentialProxy.Core.Judging;
using CredentialProxy.Core.Limits;
using CredentialProxy.Core.Metering;
using CredentialProxy.Core.Objects;
using CredentialProxy.Core.Pricing;
using CredentialProxy.Core.Providers;
using CredentialProxy.Core.Routing;
using CredentialProxy.Core.Usage;
using CredentialProxy.Gateway.Admitting;
using CredentialProxy.Gateway.Authentication;
using CredentialProxy.Gateway.Forwarding;
using CredentialProxy.Gateway.Inspection;
using CredentialProxy.Gateway.Metering;
using CredentialProxy.Gateway.Swapping;
using CredentialProxy.Gateway.Tracing;

namespace CredentialProxy.Gateway;

/// <summary>What is known of one request so far. Each step of <see cref="RequestPath"/> fills in its part and relies on the parts before it.</summary>
internal sealed class ProxyRequest(HttpContext context, string id, long startTimestamp) : IReservationOwner, IDisposable
{
    private bool _hasEnded; // volatile

    private RequestFacts _facts;

    /// <summary>The client's side.</summary>
    public HttpContext Context => context;

    /// <summary>Our id for it, unique; settling is idempotent by it.</summary>
    public string Id => id;

    /// <summary>When it began.</summary>
    public long StartTimestamp => startTimestamp;

    /// <summary>Whether the client is gone, or is treated as if it were, for it took nothing of its answer.</summary>
    public bool HasClientLeft => context.RequestAborted.IsCancellationRequested || Open is { Reason: EndReason.ClientTooSlow };

    /// <summary>Its trace; null where it is not sampled.</summary>
    public RequestTrace? Trace { get; } = RequestTrace.Begin();

    /// <summary>Path and query as they may be sent. Set by step 1.</summary>
    public RequestTarget Target { get; set; }

    /// <summary>Where it goes. Set by step 1, made final by step 3.</summary>
    public Route Route { get; set; }

    /// <summary>The token, while it has not been proved. Set by step 2.</summary>
    public ReadOnlyMemory<char> PresentedToken { get; set; }

    /// <summary>The proved token. Set by step 3.</summary>
    public AuthenticatedToken Token { get; set; } = null!;

    /// <summary>The directory's version by which the token was proved: after a change it may be another. Set by step 3.</summary>
    public long DirectoryVersion { get; set; }

    /// <summary>Its place among the open requests. Set between steps 4 and 5, and given back when the request is disposed.</summary>
    public Admission Admission { get; set; }

    /// <summary>The body, where it is read at all. Set by step 5; empty again once it has been sent and answered.</summary>
    public SpooledBody? Body { get; set; }

    /// <summary>Whether the body was read as JSON, and is to be read as nothing else. Set by step 5.</summary>
    public bool IsJson { get; set; }

    /// <summary>What the body says. Set by step 5; the default where it isn't read.</summary>
    public ref RequestFacts Facts => ref _facts;

    /// <summary>Pieces of the body, where its tokens may have to be told without the provider; null where they will not. Set by step 5.</summary>
    public InputSample? InputSample { get; set; }

    /// <summary>The stored objects that the body names; null for none. Set by step 5.</summary>
    public References? References { get; set; }

    /// <summary>The object that will be made under a name of the gateway's choice; null for none. Set by step 5.</summary>
    public OwnedObject? Named { get; set; }

    /// <summary>The changes made to the body on its way. Set by steps 5 and 6.</summary>
    public BodyEdits Edits { get; set; }

    /// <summary>The prices that it is reserved and settled by, whatever becomes of them meanwhile; null where nothing is metered. Set by step 5.</summary>
    public PriceTable? Prices { get; set; }

    /// <summary>The model's price; null where nothing is metered. Set by step 5.</summary>
    public ModelPrice? Price { get; set; }

    /// <summary>The prices of the other models that may answer; null where there are none. Set by step 5.</summary>
    public ModelPrice[]? OtherPrices { get; set; }

    /// <summary>Whether the body was held to what has a price and a bound, since someone is limited in tokens or dollars. Set by steps 5 and 6.</summary>
    public bool IsHeld { get; set; }

    /// <summary>What is held for it. Set by step 6.</summary>
    public Reservation? Reservation { get; set; }

    /// <summary>The key that is swapped in. Set by step 6, whose accounts it is part of.</summary>
    public PreparedCredential Credential { get; set; } = null!;

    /// <summary>Its deadlines and its cancellation. Set by step 8.</summary>
    public OpenRequest? Open { get; set; }

    /// <summary>The answer as far as it has passed. Set by step 8.</summary>
    public AnswerMeter? Answer { get; set; }

    /// <summary>How far it got on its way to the provider. Set by step 8.</summary>
    public Delivery Delivery { get; set; }

    /// <summary>It, as the rules see it. From step 5 on.</summary>
    public JudgedRequest Judged => new(ref _facts) { Provider = Route.Provider, Endpoint = Route.Endpoint!, Grant = Token.Grant, Price = Price, OtherPrices = OtherPrices };

    /// <summary>How the client expects errors to look.</summary>
    public ErrorShape ErrorShape => Route.Surface?.Shape ?? ErrorShape.OpenAI;

    /// <inheritdoc/>
    public bool HasEnded => Volatile.Read(ref _hasEnded);

    public void Dispose()
    {
        Volatile.Write(ref _hasEnded, true);
        try
        {
            Body?.Dispose();
        }
        finally
        {
            Admission.Leave();
        }
    }

    /// <inheritdoc/>
    public UsageRecord RecordAtReservation(Demand charged, DateTimeOffset time) => new()
    {
        RequestId = Id,
        Time = time,
        TokenId = Token.Grant.TokenId,
        ProjectId = Token.Grant.ProjectId,
        // It may expire in the very moment in which it is made, before a credential has been chosen for it.
        CredentialId = Credential?.Credential.Id ?? "",
        Provider = Route.Provider.Name,
        Model = Facts.Model,
        Endpoint = Route.Endpoint?.Name ?? "",
        Usage = new TokenUsage { InputTokens = charged.Tokens },
        CostMicroUsd = charged.CostMicroUsd,
        Marks = UsageMarks.ChargedAtReservation,
        TraceId = Trace?.Id,
        SpanId = Trace?.SpanId,
    };
}

/// <summary>How far a request got on its way to the provider.</summary>
internal enum Delivery
{
    /// <summary>Nothing was sent: nothing can have been spent.</summary>
    NotSent,

    /// <summary>It may have been sent, and nothing came back: what it cost can't be known.</summary>
    Unanswered,

    /// <summary>The provider began to answer.</summary>
    Answered,
}
