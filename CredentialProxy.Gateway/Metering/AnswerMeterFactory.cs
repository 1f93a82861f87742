using CredentialProxy.Core.Grants;
using CredentialProxy.Core.Metering;
using CredentialProxy.Gateway.Forwarding;
using CredentialProxy.Gateway.Ownership;
using Microsoft.Net.Http.Headers;

namespace CredentialProxy.Gateway.Metering;

/// <summary>Makes the meter that suits an answer.</summary>
internal sealed class AnswerMeterFactory(OpenRequests openRequests, ObjectRecorder recorder, Settler settler, TimeProvider time)
{
    public AnswerMeter Create(ProxyRequest request, HttpResponseMessage response)
    {
        var isEventStream = response.Content.Headers.NonValidated.TryGetValues(HeaderNames.ContentType, out var type)
            && type.ToString().StartsWith("text/event-stream", StringComparison.OrdinalIgnoreCase);
        ref var facts = ref request.Facts;
        var usage = request.Price is null
            ? null
            : new UsageMeter(
                request.Route.Endpoint!.Dialect,
                isEventStream ? AnswerForm.Sse : AnswerForm.Json,
                keepsText: facts.IsStream,
                facts.Model,
                keepsModel: request.Trace is not null || facts.Features?.Has(Features.ModelChoice) == true);
        return new AnswerMeter(
            request, response, isEventStream, usage, recorder.ReaderOf(request, response.IsSuccessStatusCode, isEventStream), openRequests, settler, time);
    }
}
