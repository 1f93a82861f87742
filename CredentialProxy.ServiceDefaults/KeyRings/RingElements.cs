using System.Security.Cryptography;
using System.Xml.Linq;
using Microsoft.AspNetCore.DataProtection.XmlEncryption;

namespace CredentialProxy.ServiceDefaults.KeyRings;

/// <summary>What lies in the elements of a key ring: which parts are secret, and what they are wrapped with. The names are Data Protection's, kept for good in every ring there is.</summary>
internal static class RingElements
{
    private static readonly XNamespace Space = "http://schemas.asp.net/2015/03/dataProtection";
    private static readonly XName Wrapped = Space + "encryptedSecret";
    private static readonly XName DecryptorType = "decryptorType";
    private static readonly XName IsSecret = Space + "requiresEncryption";

    /// <summary>Ids of the master keys that have wrapped anything in it.</summary>
    public static IEnumerable<string> MasterKeyIds(IEnumerable<XElement> elements) =>
        elements.SelectMany(element => element.Descendants(MasterKeyEncryptor.Wrapped)).Select(wrapped => (string?)wrapped.Attribute(MasterKeyEncryptor.KeyId)).OfType<string>().Distinct();

    /// <summary>The element with its secrets wrapped anew; null when they are wrapped already with what wraps today.</summary>
    /// <exception cref="CryptographicException">It is wrapped with what is not given.</exception>
    public static XElement? WrapAnew(XElement element, KeyRing ring, RingWrapping wrapping)
    {
        if (wrapping.Encryptor(ring.Services) is not { } encryptor)
        {
            return null;
        }
        var copy = new XElement(element);
        var old = copy.DescendantsAndSelf(Wrapped).Where(secret => !wrapping.IsNewest(MasterKeyOf(secret)))
            .Concat(copy.DescendantsAndSelf().Where(secret => (string?)secret.Attribute(IsSecret) == "true")).ToList();
        foreach (var secret in old)
        {
            var plain = secret.Name == Wrapped ? Open(secret, ring.Services) : secret;
            var wrapped = encryptor.Encrypt(plain);
            secret.ReplaceWith(new XElement(Wrapped, new XAttribute(DecryptorType, wrapped.DecryptorType.AssemblyQualifiedName!), wrapped.EncryptedElement));
        }
        return old.Count == 0 ? null : copy;
    }

    private static string? MasterKeyOf(XElement secret) => (string?)secret.Elements().FirstOrDefault()?.Attribute(MasterKeyEncryptor.KeyId);

    private static XElement Open(XElement secret, IServiceProvider services)
    {
        var type = (string?)secret.Attribute(DecryptorType) ?? "";
        IXmlDecryptor decryptor = type switch
        {
            _ when type.Contains(nameof(MasterKeyDecryptor), StringComparison.Ordinal) => new MasterKeyDecryptor(services),
            _ when type.Contains(nameof(EncryptedXmlDecryptor), StringComparison.Ordinal) => new EncryptedXmlDecryptor(services),
            _ => throw new CryptographicException("A key of the ring is wrapped in a way that this version does not know."),
        };
        return decryptor.Decrypt(secret.Elements().Single());
    }
}
