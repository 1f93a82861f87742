using System.Text;

namespace CredentialProxy.Benchmarks.Attacks.Overspend;

/// <summary>What a prompt is made of, and so how many tokens a byte of it is.</summary>
internal enum Script
{
    /// <summary>English: four or five bytes a token.</summary>
    Prose,

    /// <summary>Signs and single digits: one or two bytes a token.</summary>
    Signs,

    /// <summary>A script so rare that nearly every byte is a token.</summary>
    Cuneiform,
}

/// <summary>Prompts of all densities.</summary>
internal static class Prompts
{
    private const string Prose = "Please read the following notes about foxes, dogs and the weather, and write a short and friendly summary of what they have in common. ";
    private const string Signs = "#$%&()*+,-/:;<=>?@[]^_`{|}~ 0 1 2 3";
    private const int FirstCuneiform = 0x12000;
    private const int LastCuneiform = 0x12399;

    /// <summary>What a sensible client sends.</summary>
    public static string Sensible => Prose;

    /// <summary>A prompt of half to all of so many characters.</summary>
    public static string Draw(Draws draws, Script script, int mostCharacters)
    {
        var text = new StringBuilder();
        for (var left = draws.Between(mostCharacters / 2, mostCharacters); left > 0; left--)
        {
            _ = script switch
            {
                Script.Prose => text.Append(Prose[left % Prose.Length]),
                Script.Signs => text.Append(Signs[draws.Between(0, Signs.Length - 1)]),
                _ => text.Append(char.ConvertFromUtf32(draws.Between(FirstCuneiform, LastCuneiform))),
            };
        }
        return text.ToString();
    }
}
