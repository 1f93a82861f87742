namespace CredentialProxy.Admin.Api;

/// <summary>Collects what is wrong with the fields of a request, so that a caller hears of all of it at once.</summary>
internal sealed class FieldErrors
{
    private readonly Dictionary<string, string> _errors = new(StringComparer.Ordinal);

    /// <summary>The problem to answer with; null when nothing is wrong.</summary>
    public ApiProblem? Problem => _errors.Count == 0 ? null : ApiProblem.Invalid(_errors);

    /// <summary>Whether something is wrong.</summary>
    public bool Any => _errors.Count > 0;

    /// <summary>Notes an error unless the condition holds.</summary>
    public void Require(bool condition, string field, string message)
    {
        if (!condition)
        {
            _errors.TryAdd(field, message);
        }
    }
}
