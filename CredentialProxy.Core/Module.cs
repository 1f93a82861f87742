using System.Runtime.CompilerServices;

// Buffers on the stack are written before they are read, by rule; clearing each of them first would cost a request more than hashing its token.
[module: SkipLocalsInit]
