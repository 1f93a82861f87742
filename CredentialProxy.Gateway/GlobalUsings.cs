// ASP.NET Core has an Endpoint too; ours is the provider's.
global using Endpoint = CredentialProxy.Core.Providers.Endpoint;
