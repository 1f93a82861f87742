using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Design;

namespace CredentialProxy.Core.Storage;

/// <summary>Lets <c>dotnet ef migrations add</c> make a context without starting a host.</summary>
internal sealed class StorageContextFactory : IDesignTimeDbContextFactory<StorageContext>
{
    public StorageContext CreateDbContext(string[] args) =>
        new(new DbContextOptionsBuilder<StorageContext>().UseSqlite("Data Source=:memory:").Options);
}
