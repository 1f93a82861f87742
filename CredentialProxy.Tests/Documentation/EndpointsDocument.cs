using System.Globalization;
using System.Text;
using System.Xml.Linq;
using CredentialProxy.Core.Grants;
using CredentialProxy.Core.Providers;
using CredentialProxy.Core.Providers.Tables;

namespace CredentialProxy.Tests.Documentation;

/// <summary>Writes docs/endpoints.md out of the endpoint tables.</summary>
internal static class EndpointsDocument
{
    private const string Introduction = """
        # Endpoints and features

        <!-- Generated from the endpoint tables by CredentialProxy.Tests/Documentation/EndpointsDocumentTests.cs; UPDATE_DOCS=1 rewrites it. -->

        A path that is not in a table below does not exist for a client of the gateway: `403`, `endpoint_not_allowed`. What needs no feature is open to every token, within its providers, models and
        `endpoints`. The rest mints credentials, manages the account, stores things, spends later or can't be metered: it is denied until an operator grants the token, or its project, one of the features
        named, and the refusal says which.

        ```sh
        curl -s -X PATCH http://localhost:8081/api/tokens/$ID -H "Authorization: Bearer $ADMIN_KEY" -H 'Content-Type: application/json' -d '{"features":["files","batches"]}'
        ```

        A project's features are granted to all its tokens, those of another system whose `sub` names it included. A token's `endpoints` list only narrows: no rule in it, not even `*`, opens what
        needs a feature.

        | charged | means |
        |---|---|
        | metered | by the usage that the answer reports; reserved and settled |
        | free | nothing |
        | per call, image, second, character; unmetered | by something that no answer tells |
        | storage | for what is kept, as long as it is kept |
        | deferred | later, for work that is begun with the call |

        What is not metered or free is out of reach for tokens and credentials with limits in `tokens` or `usd` (`unmetered_endpoint`), except where it needs a feature: then the operator who granted that has
        decided so for the token, and what is spent does not count against its limits. A credential with such limits is never used for it.

        ## Objects

        What is stored at a provider belongs to the project whose token made it; to the token where it has no project. An object is what a *makes* column names: its id is remembered, before the client
        can know it, when the provider's answer tells it. Every id in a path, a query or a body is then held against the caller's own objects. Another's is refused just like one that does not exist: `404`,
        `object_not_found`, after the same look-up.

        - A token without any feature that lets it name stored objects can't name any (`feature_not_allowed`), and nothing is remembered of what it makes. Grant `stored_input` before the first response
          that is to be referred to.
        - Lists show all that an account holds, whoever made it. They need `account_read`, whatever else is granted.
        - A deleted object is forgotten; so is one after `Objects:KeptDays`, or after the days that its provider keeps it, and the oldest of more than `Objects:MaxPerOwner`.
        - A token that moves to another project leaves its objects behind.
        - Items that a conversation repeats with their content are taken for that content; an item that is a mere reference must be the caller's own.
        - A tuned model is no such object: which tokens may run it is for their `models` to say.
        - Gemini's own names of agents and environments, stored prompts, and whatever was made past the gateway belong to nobody until an operator gives them to a project or token:
          `POST /api/objects/give` `{"provider":"openai","kind":"prompt","id":"pmpt_…","project":"…"}`, and `POST /api/objects/take` with the same.

        """;

    private static readonly (string Name, string Title, EndpointFile File)[] Providers =
    [
        (KnownProviders.OpenAI, "OpenAI", EndpointFile.OpenAI), (KnownProviders.Anthropic, "Anthropic", EndpointFile.Anthropic), (KnownProviders.OpenRouter, "OpenRouter", EndpointFile.OpenRouter),
        (KnownProviders.Gemini, "Gemini", EndpointFile.Gemini),
    ];

    public static string Write()
    {
        var text = new StringBuilder(Introduction.ReplaceLineEndings("\n")).Append('\n');
        WriteFeatures(text);
        foreach (var (_, title, file) in Providers)
        {
            Line(text, $"## {title}");
            Line(text, "");
            Line(text, $"From {string.Join(" and ", file.Sources)}.");
            if (file.Versions.Length > 0)
            {
                Line(text, $"`{{version}}` is {string.Join(" or ", file.Versions.Select(version => $"`{version}`"))}.");
            }
            Line(text, "");
            foreach (var group in file.Groups)
            {
                WriteGroup(text, group);
            }
        }
        return text.ToString().TrimEnd('\n') + "\n";
    }

    private static void WriteFeatures(StringBuilder text)
    {
        Line(text, "## Features");
        Line(text, "");
        Line(text, "| feature | what it grants |");
        Line(text, "|---|---|");
        var members = XDocument.Load(Path.Combine(AppContext.BaseDirectory, "CredentialProxy.Core.xml")).Descendants("member").ToDictionary(member => (string)member.Attribute("name")!);
        foreach (var feature in Enum.GetValues<Features>().Where(feature => feature != Features.None))
        {
            Line(text, $"| `{FeatureNames.First(feature)}` | {members[$"F:{typeof(Features).FullName}.{feature}"].Element("summary")!.Value.Trim()} |");
        }
        Line(text, "");
    }

    private static void WriteGroup(StringBuilder text, EndpointGroup group)
    {
        Line(text, $"### {group.Title}");
        Line(text, "");
        if (group.About is { } about)
        {
            Line(text, about);
            Line(text, "");
        }
        Line(text, "| call | operation | charged | default | opened by | makes |");
        Line(text, "|---|---|---|---|---|---|");
        foreach (var endpoint in group.Endpoints)
        {
            var isOpen = endpoint.Needs == Features.None;
            var needs = string.Join(" or ", FeatureNames.Of(endpoint.Needs).Select(name => $"`{name}`"));
            var makes = string.Join(", ", (endpoint.Makes?.Texts ?? []).Select(made => made.Split(':')[0]).Distinct());
            Line(text, $"| `{(endpoint.Method == "*" ? "any other" : endpoint.Method)} {endpoint.Path}` | {endpoint.Name} | {Words(endpoint.Charging)} | {(isOpen ? "allowed" : "denied")} | {needs} | {makes} |");
        }
        Line(text, "");
    }

    private static string Words(Charging charging) =>
        string.Concat(charging.ToString().Select((character, i) => char.IsUpper(character) ? (i == 0 ? "" : " ") + char.ToLower(character, CultureInfo.InvariantCulture) : character.ToString()));

    private static void Line(StringBuilder text, string line) => text.Append(line).Append('\n');
}
