using CredentialProxy.Core.Metering;
using CredentialProxy.Gateway.Forwarding;

namespace CredentialProxy.Gateway.Metering;

/// <summary>Makes the meter that suits an answer.</summary>
internal sealed class AnswerMeterFactory(OpenRequests openRequests, Settler settler)
{
    public AnswerMeter Create(ProxyRequest request, HttpResponseMessage response)
    {
        var mediaType = response.Content.Headers.ContentType?.MediaType;
        var isEventStream = string.Equals(mediaType, "text/event-stream", StringComparison.OrdinalIgnoreCase);
        var usage = request.Price is null ? null : new UsageMeter(request.Route.Endpoint!.Dialect, isEventStream ? AnswerForm.Sse : AnswerForm.Json, request.Facts.IsStream);
        return new AnswerMeter(request, response, isEventStream, usage, openRequests, settler);
    }
}
