using CredentialProxy.Admin.Storage;
using CredentialProxy.ServiceDefaults.Configuration;

if (args is not ["migrate"])
{
    Console.Error.WriteLine("""
        migrate  brings the database that ConnectionStrings__postgres names up to date; deployments run it to its end before they start anything else
        """);
    return 2;
}
try
{
    var configuration = new ConfigurationBuilder()
        .SetBasePath(Environment.CurrentDirectory)
        .AddJsonFile("appsettings.json", optional: true)
        .AddEnvironmentVariables()
        .Build();
    var options = SettingsReader.Read<PostgresOptions>(configuration, PostgresOptions.Section);
    var keeping = SettingsReader.Read<UsageKeepingOptions>(configuration, UsageKeepingOptions.Section);
    await using var database = PostgresDatabase.Of(configuration, TimeProvider.System);
    var applied = await new PostgresMigrator(database, options, keeping, TimeProvider.System).MigrateAsync(CancellationToken.None);
    Console.WriteLine(applied.Count == 0 ? "The database is up to date." : $"Applied: {string.Join(", ", applied)}.");
    return 0;
}
catch (Exception e) when (e is StartupException or InvalidDataException)
{
    Console.Error.WriteLine(e.Message);
    return 1;
}
