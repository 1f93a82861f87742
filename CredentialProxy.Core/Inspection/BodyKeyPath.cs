using System.Runtime.CompilerServices;

namespace CredentialProxy.Core.Inspection;

/// <summary>The member name that is open at each depth of a body.</summary>
internal struct BodyKeyPath
{
    private Keys _keys;

    public readonly BodyKey At(int depth) => depth >= 0 && depth < Keys.Length ? _keys[depth] : BodyKey.Other;

    public void Set(int depth, BodyKey key)
    {
        if (depth < Keys.Length)
        {
            _keys[depth] = key;
        }
    }

    public void Clear(int depth) => Set(depth, BodyKey.Other);

    [InlineArray(Length)]
    private struct Keys
    {
        public const int Length = RequestInspector.MaxDepth + 2;
        private BodyKey _first;
    }
}
