namespace CredentialProxy.Core.Limits.Redis;

/// <summary>A holder as it was entered.</summary>
/// <param name="Epoch">Names the accounts that it was entered in.</param>
/// <param name="Holder">Its id.</param>
internal sealed record RedisRegistration(string Epoch, string Holder);
