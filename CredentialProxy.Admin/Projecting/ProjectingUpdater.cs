using CredentialProxy.Admin.Storage;
using CredentialProxy.Core.Directories;

namespace CredentialProxy.Admin.Projecting;

/// <summary>
/// Projects a change right after it was committed, so that every gateway hears of it before its caller is answered. When that can't be done now, the change is in the outbox and will be
/// projected: it has been made, and is not answered with an error.
/// </summary>
internal sealed class ProjectingUpdater(DirectoryProjector projector, ProjectionOptions options, TimeProvider time, ILogger<ProjectingUpdater> logger) : IDirectoryUpdater
{
    public Task TokenChangedAsync(string id, CancellationToken cancellationToken) => ProjectAsync(cancellationToken);

    public Task RevokedAsync(string jti, CancellationToken cancellationToken) => ProjectAsync(cancellationToken);

    public Task ProjectChangedAsync(string id, CancellationToken cancellationToken) => ProjectAsync(cancellationToken);

    public Task CredentialsChangedAsync(CancellationToken cancellationToken) => ProjectAsync(cancellationToken);

    public Task SigningKeysChangedAsync(CancellationToken cancellationToken) => ProjectAsync(cancellationToken);

    public Task PricesChangedAsync(CancellationToken cancellationToken) => ProjectAsync(cancellationToken);

    // What has had its time goes with the next comparison.
    public Task RevocationsForgottenAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private async Task ProjectAsync(CancellationToken cancellationToken)
    {
        using var end = new CancellationTokenSource(options.MaxWait, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(end.Token, cancellationToken);
        try
        {
            await projector.ProjectAsync(either.Token);
        }
        catch (Exception e) when (Outages.IsOne(e) || e is ProjectionOvertakenException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            ProjectionLog.Later(logger, e.Message);
        }
    }
}
