using System.Text.Json;
using System.Text.Json.Nodes;
using CredentialProxy.Admin.Authorizing;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;
using Scalar.AspNetCore;

namespace CredentialProxy.Admin.Describing;

/// <summary>Describes the control API: the OpenAPI document, with what holds for every route said once, and a page to read it with.</summary>
internal static class ApiDescription
{
    private const string Scheme = "adminKey";
    private const string Problem = "Problem";

    private const string Text = """
        The control plane of CredentialProxy: tokens, projects, credentials, prices, limits, usage and the audit log.

        **Callers** send `Authorization: Bearer` with an admin key or an admin JWT. Roles: `admin` may do everything, `minter` mints tokens within its own ceilings and sees those alone, `viewer` reads.

        **Lists** are answered a page at a time: `limit` objects at most, and `nextCursor` to ask for the page that follows.

        **Changes.** Answers with one object carry an `ETag`, the version of its settings. A change with `If-Match` is made to that version or refused with 412. Without, it is made to the object as it is.

        **Creations** take an `Idempotency-Key`, which is remembered for a day. The same call again makes no second object: it is answered with the first one, or, where the answer held a secret that is shown once, with 409
        and the id. The same key with another body is answered 422.

        **Problems** are as in RFC 9457, with a stable `code` and, where fields are wrong, `errors` by field.
        """;

    /// <summary>Adds the document.</summary>
    public static IServiceCollection AddApiDescription(this IServiceCollection services) => services.AddOpenApi(options =>
    {
        options.AddDocumentTransformer((document, _, _) =>
        {
            Describe(document);
            return Task.CompletedTask;
        });
        options.AddOperationTransformer((operation, context, _) =>
        {
            Describe(operation, context);
            return Task.CompletedTask;
        });
    });

    /// <summary>Maps the document and its page, whose script and styles come from here as well.</summary>
    public static void MapApiDescription(this IEndpointRouteBuilder routes)
    {
        routes.MapOpenApi().AllowEverybody();
        routes.MapScalarApiReference("/scalar", options => options.WithTitle("CredentialProxy").DisableDefaultFonts().DisableTelemetry().DisableAgent()).AllowEverybody();
    }

    private static void Describe(OpenApiDocument document)
    {
        document.Info = new OpenApiInfo { Title = "CredentialProxy control API", Version = "1", Description = Text };
        // Wherever it is read from, that is the server.
        document.Servers = [new OpenApiServer { Url = "/" }];
        var components = document.Components ??= new OpenApiComponents();
        components.SecuritySchemes ??= new Dictionary<string, IOpenApiSecurityScheme>();
        components.SecuritySchemes[Scheme] = new OpenApiSecurityScheme { Type = SecuritySchemeType.Http, Scheme = "bearer", Description = "An admin key (cpadm_…) or an admin JWT." };
        components.Schemas ??= new Dictionary<string, IOpenApiSchema>();
        components.Schemas[Problem] = ProblemSchema();
        foreach (var (path, item) in document.Paths)
        {
            foreach (var (method, operation) in item.Operations ?? [])
            {
                Complete(document, operation, path, method);
            }
        }
        Examples.Add(components.Schemas);
    }

    private static void Describe(OpenApiOperation operation, OpenApiOperationTransformerContext context)
    {
        var rule = context.Description.ActionDescriptor.EndpointMetadata.OfType<AccessRule>().LastOrDefault() ?? AccessRule.AdminOnly;
        if (rule.IsOpen)
        {
            operation.Security = [];
            return;
        }
        operation.Description = string.Join(' ', new[] { operation.Description, rule.Needed }.Where(text => !string.IsNullOrEmpty(text)));
    }

    private static void Complete(OpenApiDocument document, OpenApiOperation operation, string path, HttpMethod method)
    {
        operation.OperationId ??= method.Method.ToLowerInvariant() + string.Concat(path.Split('/', '{', '}', '-', '.').Where(part => part.Length > 0).Select(part => char.ToUpperInvariant(part[0]) + part[1..]));
        foreach (var parameter in (operation.Parameters ?? []).OfType<OpenApiParameter>())
        {
            // Taken in any letter case; written as everything else is.
            parameter.Name = JsonNamingPolicy.CamelCase.ConvertName(parameter.Name!);
        }
        operation.Security ??= [new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference(Scheme, document)] = [] }];
        operation.Responses ??= [];
        operation.Responses["default"] = new OpenApiResponse
        {
            Description = "A problem.",
            Content = new Dictionary<string, OpenApiMediaType> { ["application/problem+json"] = new() { Schema = new OpenApiSchemaReference(Problem, document) } },
        };
        if (method == HttpMethod.Patch || method == HttpMethod.Put || method == HttpMethod.Delete)
        {
            AddHeader(operation, "If-Match", "The ETag of the version that the change is made to.");
        }
        var isCreation = operation.Responses.ContainsKey("201");
        if ((isCreation || path.EndsWith("/top-up", StringComparison.Ordinal)) && !path.StartsWith("/api/session-tokens", StringComparison.Ordinal))
        {
            AddHeader(operation, "Idempotency-Key", $"1 to 255 printable ASCII characters of the caller's choice, new for each {(isCreation ? "object" : "top-up")}.");
        }
    }

    private static void AddHeader(OpenApiOperation operation, string name, string description) =>
        (operation.Parameters ??= []).Add(new OpenApiParameter { Name = name, In = ParameterLocation.Header, Description = description, Schema = new OpenApiSchema { Type = JsonSchemaType.String } });

    private static OpenApiSchema ProblemSchema() => new()
    {
        Type = JsonSchemaType.Object,
        Description = "What went wrong (RFC 9457).",
        Properties = new Dictionary<string, IOpenApiSchema>
        {
            ["type"] = Of(JsonSchemaType.String, "A URI that says what the status means."),
            ["title"] = Of(JsonSchemaType.String, "The status in words."),
            ["status"] = Of(JsonSchemaType.Integer, "The HTTP status."),
            ["detail"] = Of(JsonSchemaType.String, "What was wrong, and what would be right."),
            ["code"] = Of(JsonSchemaType.String, "A stable code; docs/refusals.md lists them."),
            ["errors"] = new OpenApiSchema { Type = JsonSchemaType.Object, Description = "What was wrong, by field.", AdditionalProperties = new OpenApiSchema { Type = JsonSchemaType.String } },
            ["id"] = Of(JsonSchemaType.String, "Id of the object that it is about, where there is one."),
        },
        Examples = [JsonNode.Parse("""
            {"type":"https://tools.ietf.org/html/rfc9110#section-15.5.1","title":"Bad Request","status":400,"detail":"kind: must be 'session' or 'proxy'","code":"invalid_request","errors":{"kind":"must be 'session' or 'proxy'"}}
            """)!],
    };

    private static OpenApiSchema Of(JsonSchemaType type, string description) => new() { Type = type, Description = description };
}
