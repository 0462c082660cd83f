internal import CCrypto

/// The SHA-256 of a secret (FIPS 180-4), which is stored instead of it and compared in constant time.
///
/// The work is done by libcrypto, which libcurl already links.
///
/// ```swift
/// let (secret, guess) = (Array("sk-right".utf8), Array("sk-wrong".utf8))
/// let kept = SecretDigest(of: secret.span.bytes)
/// let isRight = kept.matches(SecretDigest(of: guess.span.bytes))  // false, in the time that true takes
/// ```
@safe public struct SecretDigest: Sendable {
    /// Bytes of a SHA-256 digest.
    public static let byteCount = 32

    private let bytes: InlineArray<32, UInt8>

    /// Digests `secret`.
    public init(of secret: RawSpan) {
        var digest = InlineArray<32, UInt8>(repeating: 0)
        var span = digest.mutableSpan
        let status = unsafe secret.withUnsafeBytes { input in
            unsafe span.withUnsafeMutableBufferPointer { output in unsafe ccrypto_sha256(input.baseAddress, input.count, output.baseAddress) }
        }
        precondition(status == 1, "libcrypto can't compute SHA-256")
        bytes = digest
    }

    /// Restores a digest from its bytes; `nil` unless there are 32.
    public init?(bytes: [UInt8]) {
        guard bytes.count == SecretDigest.byteCount else { return nil }
        self.bytes = InlineArray { bytes[$0] }
    }

    /// The bytes, for a store.
    public var array: [UInt8] { bytes.indices.map { bytes[$0] } }

    /// A sixteenth of a digest, 16 bits: enough to notice that a secret was replaced, too little to reveal
    /// anything about it.
    public var tag: UInt16 { UInt16(bytes[0]) << 8 | UInt16(bytes[1]) }

    /// Whether the digests are equal; every byte is compared, wherever the first difference is
    /// (CRYPTO_memcmp(3)).
    public func matches(_ other: SecretDigest) -> Bool {
        unsafe ConstantTime.equal(bytes.span.bytes, other.bytes.span.bytes)
    }
}

/// Comparisons that take the same time whatever they find.
public enum ConstantTime {
    /// Whether the bytes are equal. The time taken reveals only their lengths.
    public static func equal(_ left: RawSpan, _ right: RawSpan) -> Bool {
        guard left.byteCount == right.byteCount else { return false }
        guard left.byteCount > 0 else { return true }
        return unsafe left.withUnsafeBytes { a in
            unsafe right.withUnsafeBytes { b in unsafe CRYPTO_memcmp(a.baseAddress!, b.baseAddress!, a.count) == 0 }
        }
    }
}
