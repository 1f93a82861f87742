using CredentialProxy.Admin.Hosting;
using CredentialProxy.Admin.KeyRings;
using CredentialProxy.Admin.Storage;
using CredentialProxy.Core.Pricing;
using CredentialProxy.Core.Providers;
using CredentialProxy.ServiceDefaults.Configuration;

if (args is not ([] or ["serve", ..] or ["migrate"] or ["migrate", "--wait"] or ["reseal"] or ["reseal", "--new-key"]))
{
    Console.Error.WriteLine("""
        serve    serves the control plane, as without any argument; settings may follow, as --NAME=VALUE
        migrate  brings the database that ConnectionStrings__postgres names up to date; deployments run it to its end before they start anything else;
                 with --wait it only waits until somebody else has
        reseal   wraps the key ring with the newest master key and seals every stored secret anew; with --new-key, by a key of the ring that is made for it
        """);
    return 2;
}
try
{
    if (args is [] or ["serve", ..])
    {
        return await ServeCommand.RunAsync([.. args.Skip(1)]);
    }
    var configuration = SettingArguments.Configure([]);
    var options = SettingsReader.Read<PostgresOptions>(configuration, PostgresOptions.Section);
    var keeping = SettingsReader.Read<UsageKeepingOptions>(configuration, UsageKeepingOptions.Section);
    await using var database = PostgresDatabase.Of(configuration, TimeProvider.System);
    if (args[0] == "reseal")
    {
        return await ResealCommand.RunAsync(database, options, configuration, makesKey: args.Length > 1, Console.Out);
    }
    var migrator = new PostgresMigrator(database, options, keeping, TimeProvider.System);
    if (args.Length > 1)
    {
        await migrator.WaitAsync(CancellationToken.None);
        Console.WriteLine("The database is up to date.");
        return 0;
    }
    var applied = await migrator.MigrateAsync(CancellationToken.None);
    Console.WriteLine(applied.Count == 0 ? "The database is up to date." : $"Applied: {string.Join(", ", applied)}.");
    return 0;
}
catch (Exception e) when (e is StartupException or InvalidDataException or InvalidProviderSettingException or InvalidPriceFileException)
{
    Console.Error.WriteLine(e.Message);
    return 1;
}
