// ASP.NET Core has types of these names too; here they are ours.
global using Endpoint = CredentialProxy.Core.Providers.Endpoint;
global using Route = CredentialProxy.Core.Routing.Route;
