namespace CredentialProxy.Core.Providers;

/// <summary>How a call of an endpoint is charged. Only of the first two is the cost known; of the others no answer tells it.</summary>
public enum Charging
{
    /// <summary>By the usage that its answer reports in the endpoint's dialect.</summary>
    Metered,

    /// <summary>The provider charges nothing for it.</summary>
    Free,

    /// <summary>In a way that nothing in the request or the answer tells.</summary>
    Unmetered,

    /// <summary>By the call.</summary>
    PerCall,

    /// <summary>By the image.</summary>
    PerImage,

    /// <summary>By the second: of sound, of film, of a machine's time.</summary>
    PerSecond,

    /// <summary>By the character.</summary>
    PerCharacter,

    /// <summary>Later: for work that is begun with it.</summary>
    Deferred,

    /// <summary>For what it stores, for as long as that is kept.</summary>
    Storage,
}
