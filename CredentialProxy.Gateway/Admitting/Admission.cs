using CredentialProxy.Core.Judging;

namespace CredentialProxy.Gateway.Admitting;

/// <summary>The place of one admitted request, in its token's load and in that of all. The default is a request that has none.</summary>
internal readonly struct Admission(Load all, Load token, GatewayOptions options)
{
    /// <summary>Gives the place back; once.</summary>
    public void Leave()
    {
        token?.Leave();
        all?.Leave();
    }

    /// <summary>Makes room for bytes of the request's body that are held in memory; refuses when there is none.</summary>
    public Refusal? Hold(long bytes)
    {
        if (!token.TryHold(bytes, options.MaxHeldBytesPerToken))
        {
            return Admitter.BodiesOfTokenFull;
        }
        if (all.TryHold(bytes, options.MaxHeldBytes))
        {
            return null;
        }
        token.GiveBack(bytes);
        return Admitter.BodiesFull;
    }

    /// <summary>Gives room back.</summary>
    public void GiveBack(long bytes)
    {
        token.GiveBack(bytes);
        all.GiveBack(bytes);
    }
}
