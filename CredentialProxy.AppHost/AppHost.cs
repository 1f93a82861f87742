using CredentialProxy.AppHost;
using CredentialProxy.AppHost.Commands;
using CredentialProxy.AppHost.Local;

var builder = DistributedApplication.CreateBuilder(args);
builder.AddCluster("kubernetes");

// Without a container runtime, the programs of this machine; it says so.
var inContainers = ContainerRuntime.IsThere(builder);

var masterKey = builder.AddMasterKey("master-key");
var adminKey = builder.AddPassword("admin-key");
var postgresPassword = builder.AddPassword("postgres-password");
var redisPassword = builder.AddPassword("redis-password");

IResourceBuilder<IResourceWithConnectionString> postgres = inContainers
    ? builder.AddPostgres("postgres-server", password: postgresPassword)
        .WithEnvironment("POSTGRES_DB", "credential_proxy")
        .WithDataVolume("credential-proxy-postgres")
        .AddDatabase("postgres", "credential_proxy")
    : builder.AddLocalPostgres("postgres", postgresPassword);

IResourceBuilder<IResourceWithConnectionString> redis = inContainers
    ? builder.AddRedis("redis", password: redisPassword)
        .WithDataVolume("credential-proxy-redis")
        .ThatLosesNothing()
    : builder.AddLocalRedis("redis", redisPassword);

IResourceBuilder<IResourceWithEndpoints> mock = inContainers
    ? builder.AddDockerfile("mock-provider", "..", "CredentialProxy.MockProvider/Dockerfile")
        .WithHttpEndpoint(port: 8082, targetPort: 8082)
        .WithHttpHealthCheck("/__captured")
        .ExcludeFromManifest()
    : builder.AddProject<Projects.CredentialProxy_MockProvider>("mock-provider")
        .WithHttpEndpoint(port: 8082, env: "PORT")
        .WithHttpHealthCheck("/__captured");

// Their keys are secret parameters. Where none is given the mock provider answers; it is never deployed.
var providers = builder.AddProviders(mock);

// A service gets the connection strings it reads, and no second copy of their passwords.
var migrations = builder.AddProject<Projects.CredentialProxy_Admin>("migrations")
    .WithArgs("migrate")
    .WithReferenceEnvironment(ReferenceEnvironmentInjectionFlags.ConnectionString)
    .WithReference(postgres)
    .WaitFor(postgres);

var admin = builder.AddProject<Projects.CredentialProxy_Admin>("admin")
    .DisableForwardedHeaders()
    .WithHttpEndpoint(port: 8081, targetPort: builder.PortInImage(8081), env: "CONTROL_PORT")
    .WithHttpHealthCheck("/ready")
    .WithReferenceEnvironment(ReferenceEnvironmentInjectionFlags.ConnectionString)
    .WithReference(postgres)
    .WithReference(redis)
    .WithEnvironment("CREDENTIAL_PROXY_MASTER_KEY", masterKey)
    .WithEnvironment("CREDENTIAL_PROXY_ADMIN_KEY", adminKey)
    .WithEnvironment(providers.Addresses)
    .WaitForCompletion(migrations)
    .WaitFor(redis)
    .WithUrlForEndpoint("http", _ => new ResourceUrlAnnotation { Url = "/scalar", DisplayText = "Control API" });

var gateway = builder.AddProject<Projects.CredentialProxy_Gateway>("gateway")
    .DisableForwardedHeaders()
    .WithHttpEndpoint(port: 8080, targetPort: builder.PortInImage(8080), env: "PORT")
    .WithExternalHttpEndpoints()
    .WithHttpHealthCheck("/ready")
    .WithReplicas(2)
    .WithReferenceEnvironment(ReferenceEnvironmentInjectionFlags.ConnectionString)
    .WithReference(redis)
    .WithEnvironment("CREDENTIAL_PROXY_MASTER_KEY", masterKey)
    .WithEnvironment(providers.Keys)
    .WithEnvironment(providers.Addresses)
    .WaitFor(redis)
    .WaitFor(mock)
    .WithUrlForEndpoint("http", _ => new ResourceUrlAnnotation { Url = "/ready", DisplayText = "Ready?" });

var control = new ControlPlane(admin.GetEndpoint("http"), adminKey.Resource);
admin.WithCommand("mint-token", "Mint a token", control.MintTokenAsync, ControlPlane.MintTokenOptions);
gateway.WithCommand("demo-traffic", "Run demo traffic", new DemoTraffic(control, gateway.GetEndpoint("http"), providers).RunAsync, DemoTraffic.Options);

builder.Build().Run();
