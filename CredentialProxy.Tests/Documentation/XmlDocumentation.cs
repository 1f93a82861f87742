using System.Reflection;
using System.Text;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace CredentialProxy.Tests.Documentation;

/// <summary>The summaries in the code's documentation comments, as one line of Markdown.</summary>
internal static partial class XmlDocumentation
{
    private static readonly Dictionary<string, Dictionary<string, XElement>> Files = new(StringComparer.Ordinal);

    public static string SummaryOf(Type type) => Summary(type.Assembly, "T:" + NameOf(type));

    public static string SummaryOf(PropertyInfo property) => Summary(property.DeclaringType!.Assembly, $"P:{NameOf(property.DeclaringType)}.{property.Name}");

    public static string SummaryOf(FieldInfo field) => Summary(field.DeclaringType!.Assembly, $"F:{NameOf(field.DeclaringType)}.{field.Name}");

    private static string NameOf(Type type) => type.FullName!.Replace('+', '.');

    private static string Summary(Assembly assembly, string member)
    {
        var text = new StringBuilder();
        foreach (var node in Members(assembly)[member].Element("summary")!.Nodes())
        {
            text.Append(node switch
            {
                XText plain => plain.Value.Replace("|", "\\|", StringComparison.Ordinal),
                XElement { Name.LocalName: "c" } code => $"`{code.Value}`",
                XElement { Name.LocalName: "see" } see => $"`{see.Attribute("cref")!.Value.Split('.', ':')[^1]}`",
                _ => throw new NotSupportedException($"'{node}' in the comment of {member} has no form in Markdown yet."),
            });
        }
        return Blanks().Replace(text.ToString(), " ").Trim();
    }

    private static Dictionary<string, XElement> Members(Assembly assembly)
    {
        var path = Path.ChangeExtension(assembly.Location, ".xml");
        lock (Files)
        {
            if (!Files.TryGetValue(path, out var members))
            {
                Files[path] = members = XDocument.Load(path).Descendants("member").ToDictionary(member => member.Attribute("name")!.Value);
            }
            return members;
        }
    }

    [GeneratedRegex(@"\s+")]
    private static partial Regex Blanks();
}
