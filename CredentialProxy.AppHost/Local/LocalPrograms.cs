namespace CredentialProxy.AppHost.Local;

/// <summary>Programs of this machine that take the place of containers.</summary>
internal static class LocalPrograms
{
    /// <summary>The program of Redis.</summary>
    public const string Redis = "redis-server";

    /// <summary>The program of Postgres.</summary>
    public const string Postgres = "postgres";

    /// <summary>Setting: the directory of what they keep; <c>data</c> beside the app host where it is missing.</summary>
    private const string DirectorySetting = "Local:Data";

    // Debian keeps each version of Postgres in a directory of its own, out of the path.
    private const string DebianPostgres = "/usr/lib/postgresql";

    /// <summary>The directory that has a program.</summary>
    /// <exception cref="DistributedApplicationException">It is nowhere to be found.</exception>
    public static string DirectoryOf(string program, string package)
    {
        var versions = Directory.Exists(DebianPostgres) ? Directory.GetDirectories(DebianPostgres) : [];
        return (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
            .Concat(versions.OrderByDescending(version => int.TryParse(Path.GetFileName(version), out var number) ? number : 0).Select(version => Path.Combine(version, "bin")))
            .FirstOrDefault(directory => File.Exists(Path.Combine(directory, program)))
            ?? throw new DistributedApplicationException($"Neither a container runtime nor '{program}' was found: start Docker or Podman, or install the package '{package}'.");
    }

    /// <summary>Adds a program that a script of ours prepares and becomes, with a directory for what it keeps.</summary>
    public static IResourceBuilder<T> AddLocalProgram<T>(this IDistributedApplicationBuilder builder, T program, IResourceBuilder<ParameterResource> password)
        where T : LocalProgram
    {
        builder.Eventing.Subscribe<ConnectionStringAvailableEvent>(program, async (_, stop) => program.ConnectionString = await program.ConnectionStringExpression.GetValueAsync(stop) ?? "");
        return builder.AddResource(program)
            .WithEndpoint(name: LocalProgram.EndpointName, scheme: "tcp", env: "SERVER_PORT")
            .WithArgs(Path.Combine(builder.AppHostDirectory, "Local", program.Script))
            .WithEnvironment("SERVER_PASSWORD", password)
            .WithEnvironment("SERVER_DATA", Path.Combine(Path.GetFullPath(builder.Configuration[DirectorySetting] ?? "data", builder.AppHostDirectory), program.Name));
    }
}
