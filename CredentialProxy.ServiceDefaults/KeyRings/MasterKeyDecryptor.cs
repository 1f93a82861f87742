using System.Security.Cryptography;
using System.Text;
using System.Xml.Linq;
using Microsoft.AspNetCore.DataProtection.XmlEncryption;
using Microsoft.Extensions.DependencyInjection;

namespace CredentialProxy.ServiceDefaults.KeyRings;

/// <summary>Opens what <see cref="MasterKeyEncryptor"/> wrapped. Its full name stands in every ring, so that it can be neither renamed nor moved.</summary>
internal sealed class MasterKeyDecryptor(IServiceProvider services) : IXmlDecryptor
{
    private readonly RingWrapping _wrapping = services.GetRequiredService<RingWrapping>();

    public XElement Decrypt(XElement encryptedElement)
    {
        var id = (string?)encryptedElement.Attribute(MasterKeyEncryptor.KeyId) ?? "";
        var key = _wrapping.MasterKeys.FirstOrDefault(known => known.Id == id) ?? throw new CryptographicException($"The master key {id} is not given.");
        try
        {
            var plain = key.Open(Convert.FromBase64String(encryptedElement.Value));
            try
            {
                return XElement.Parse(Encoding.UTF8.GetString(plain));
            }
            finally
            {
                CryptographicOperations.ZeroMemory(plain);
            }
        }
        catch (FormatException e)
        {
            throw new CryptographicException("The wrapped key is no base64.", e);
        }
    }
}
