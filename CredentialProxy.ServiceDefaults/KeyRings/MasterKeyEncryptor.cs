using System.Security.Cryptography;
using System.Text;
using System.Xml.Linq;
using Microsoft.AspNetCore.DataProtection.XmlEncryption;

namespace CredentialProxy.ServiceDefaults.KeyRings;

/// <summary>Wraps the secrets of the key ring with a master key.</summary>
internal sealed class MasterKeyEncryptor(MasterKey key) : IXmlEncryptor
{
    /// <summary>Name of the element that holds what is wrapped.</summary>
    public const string Wrapped = "wrappedKey";

    /// <summary>Name of its attribute that says which key it was.</summary>
    public const string KeyId = "masterKey";

    public EncryptedXmlInfo Encrypt(XElement plaintextElement)
    {
        var plain = Encoding.UTF8.GetBytes(plaintextElement.ToString(SaveOptions.DisableFormatting));
        try
        {
            return new EncryptedXmlInfo(new XElement(Wrapped, new XAttribute(KeyId, key.Id), Convert.ToBase64String(key.Wrap(plain))), typeof(MasterKeyDecryptor));
        }
        finally
        {
            CryptographicOperations.ZeroMemory(plain);
        }
    }
}
