using CredentialProxy.Benchmarks.Attacks;
using CredentialProxy.Benchmarks.Attacks.Overspend;
using CredentialProxy.Benchmarks.Chaos.Servers;

namespace CredentialProxy.Benchmarks.Chaos.Load;

/// <summary>Makes the tokens and projects of a run. Some limits are reached within it and others are not.</summary>
internal sealed class TokenMinting(ControlPlane control, Draws draws, int seconds)
{
    public const int Tokens = 50;

    private const int Projects = 4;
    private const int TokensInAProject = 4;

    // Roughly what a client gets done, on a machine that has more to do.
    private const double RequestsPerClientAndSecond = 1;

    private static readonly string[] Providers = ["openai"];
    private static readonly string[] Units = [UnitAmounts.Tokens, UnitAmounts.Usd, UnitAmounts.Requests];
    private static readonly double[] Shares = [0.2, 0.6, 4];

    public async Task<IReadOnlyList<LoadedToken>> MintAsync()
    {
        var tokens = new List<LoadedToken>();
        LimitedAccount? project = null;
        for (var number = 0; number < Tokens; number++)
        {
            if (number % TokensInAProject == 0)
            {
                project = number < Projects * TokensInAProject ? await MakeProjectAsync($"chaos-{number}") : null;
            }
            tokens.Add(await MintAsync(number, Units[number % Units.Length], draws.Pick<double>(Shares), project));
        }
        return tokens;
    }

    /// <summary>Makes a token whose limit is so many times what its clients are likely to use.</summary>
    public async Task<LoadedToken> MintAsync(int number, string unit, double share, LimitedAccount? project)
    {
        var limit = LimitFor(unit, Crowd.Clients / Tokens * share);
        var made = await control.CallAsync(HttpMethod.Post, "/api/tokens", new
        {
            kind = "proxy",
            label = $"chaos {number}",
            providers = Providers,
            project = project?.Name.Split(':')[1],
            limits = new[] { UnitAmounts.Document(unit, limit) },
        });
        LimitedAccount own = new($"token:{made["id"]}", unit, limit);
        return new LoadedToken(number, (string)made["id"]!, (string)made["token"]!, project is null ? [own] : [own, project]);
    }

    private async Task<LimitedAccount> MakeProjectAsync(string id)
    {
        var unit = draws.Pick<string>(Units);
        var limit = LimitFor(unit, Crowd.Clients / Tokens * TokensInAProject * draws.Pick<double>(Shares));
        await control.CallAsync(HttpMethod.Post, "/api/projects", new { id, name = id, limits = new[] { UnitAmounts.Document(unit, limit) } });
        return new LimitedAccount($"project:{id}", unit, limit);
    }

    // What reservations are larger than what is used does not matter here.
    private long LimitFor(string unit, double clients) => UnitAmounts.LimitFor(unit, (int)Math.Max(1, clients * seconds * RequestsPerClientAndSecond / 2), Crowd.Typical);
}
