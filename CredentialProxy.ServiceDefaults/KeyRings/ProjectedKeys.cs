using System.Xml;
using System.Xml.Linq;
using Microsoft.AspNetCore.DataProtection.Repositories;

namespace CredentialProxy.ServiceDefaults.KeyRings;

/// <summary>The elements of a key ring as somebody else keeps them and hands them on, still wrapped: what a gateway has of it. Nothing can be added here.</summary>
public sealed class ProjectedKeys : IXmlRepository
{
    private volatile XElement[] _elements = [];

    /// <summary>Takes the place of all elements there were, each as XML. Call <see cref="KeyRing.Refresh"/> after it.</summary>
    /// <exception cref="XmlException">One is no XML; nothing has changed then.</exception>
    public void Fill(IEnumerable<string> elements) => _elements = [.. elements.Select(XElement.Parse)];

    /// <inheritdoc/>
    public IReadOnlyCollection<XElement> GetAllElements() => [.. _elements.Select(element => new XElement(element))];

    /// <inheritdoc/>
    public void StoreElement(XElement element, string friendlyName) => throw new InvalidOperationException("A gateway makes no keys for the key ring.");
}
