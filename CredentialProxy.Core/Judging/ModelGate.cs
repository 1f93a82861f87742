using CredentialProxy.Core.Grants;
using CredentialProxy.Core.Providers;

namespace CredentialProxy.Core.Judging;

/// <summary>Holds a grant against the model that a request names.</summary>
public static class ModelGate
{
    /// <summary>The same for a body that isn't read, and may name any model: it is out of reach for a token that is bound to some.</summary>
    public static Refusal? CheckUnread(Scope scope, Endpoint endpoint, string? model) => endpoint.RunsUnreadModel && string.IsNullOrEmpty(model) && !scope.Models.IsEmpty
        ? new Refusal(RefusalCode.ModelNotAllowed, "This token is bound to certain models, and this endpoint's requests aren't read for theirs.") { IsFinal = true }
        : Check(scope, model);

    /// <summary>Refuses a model that the scope does not allow.</summary>
    public static Refusal? Check(Scope scope, string? model)
    {
        // A list of models bounds what is generated; a call that concerns no model at all is the endpoint list's to bound.
        if (string.IsNullOrEmpty(model))
        {
            return null;
        }
        if (!scope.AllowsModel(model))
        {
            return new Refusal(RefusalCode.ModelNotAllowed, "This token may not use the model that the request names.") { Parameter = "model", IsFinal = true };
        }
        return scope.AllowsTuned(model)
            ? null
            : new Refusal(RefusalCode.ModelNotAllowed, "A fine-tuned model is whoever's it was trained for: a token must be granted it by a pattern of models that begins with 'ft:'.") { Parameter = "model", IsFinal = true };
    }
}
