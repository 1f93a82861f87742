using CredentialProxy.Core.Grants;
using CredentialProxy.Core.Storage;

namespace CredentialProxy.Core.Directories.Redis;

/// <summary>A token that was found: its row, and the grant that it had under the projects of a time.</summary>
/// <param name="Row">The row.</param>
/// <param name="Grant">The grant.</param>
/// <param name="Projects">Which state of the projects it was made of.</param>
internal sealed record CachedToken(TokenRow Row, Grant Grant, long Projects);
