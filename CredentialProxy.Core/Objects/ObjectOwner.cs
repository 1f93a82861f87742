namespace CredentialProxy.Core.Objects;

/// <summary>Names of those that stored objects belong to.</summary>
public static class ObjectOwner
{
    /// <summary>A project, whose tokens share what they store.</summary>
    public static string Project(string id) => "project:" + id;

    /// <summary>A token that belongs to no project.</summary>
    public static string Token(string id) => "token:" + id;
}
