using System.Text;

namespace CredentialProxy.Benchmarks.Attacks.Overspend;

/// <summary>Prompts of all densities: how many tokens a byte is.</summary>
internal static class Prompts
{
    private const string Prose = "Please read the following notes about foxes, dogs and the weather, and write a short and friendly summary of what they have in common. ";
    private const string Signs = "#$%&()*+,-/:;<=>?@[]^_`{|}~ 0 1 2 3";

    /// <summary>What a sensible client sends.</summary>
    public static string Sensible => Prose;

    /// <summary>Prose, signs, or a script so rare that nearly every byte is a token.</summary>
    public static string Draw(Draws draws)
    {
        var length = draws.Between(4, 300);
        var text = new StringBuilder();
        switch (draws.Between(0, 2))
        {
            case 0:
                for (var i = 0; i < length; i++)
                {
                    text.Append(Prose[i % Prose.Length]);
                }
                break;
            case 1:
                for (var i = 0; i < length; i++)
                {
                    text.Append(Signs[draws.Between(0, Signs.Length - 1)]);
                }
                break;
            default:
                for (var i = 0; i < length / 4; i++)
                {
                    // Cuneiform.
                    text.Append(char.ConvertFromUtf32(0x12000 + draws.Between(0, 0x399)));
                }
                break;
        }
        return text.ToString();
    }
}
