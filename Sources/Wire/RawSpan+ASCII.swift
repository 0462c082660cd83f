internal import Glibc

/// Comparisons and conversions of protocol text that is never turned into a `String`.
extension RawSpan {
    /// The byte at `offset`, which must be in bounds.
    @inline(__always)
    public subscript(byte offset: Int) -> UInt8 {
        precondition(offset >= 0 && offset < byteCount)
        return unsafeLoad(fromUncheckedByteOffset: offset, as: UInt8.self)
    }

    /// Whether the bytes are exactly `literal`.
    @inline(__always)
    public func equals(_ literal: StaticString) -> Bool {
        let size = literal.utf8CodeUnitCount
        return size == byteCount && (size == 0 || withUnsafeBytes { memcmp($0.baseAddress!, literal.utf8Start, size) == 0 })
    }

    /// Whether the bytes are exactly those of `other`. Not for secrets: it stops at the first difference.
    public func equals(_ other: RawSpan) -> Bool {
        byteCount == other.byteCount
            && (byteCount == 0
                || withUnsafeBytes { left in other.withUnsafeBytes { right in memcmp(left.baseAddress!, right.baseAddress!, left.count) == 0 } })
    }

    /// Whether the bytes are `literal` in any mix of ASCII cases; `literal` is in lower case.
    public func equalsIgnoringCase(_ literal: StaticString) -> Bool {
        let size = literal.utf8CodeUnitCount
        guard size == byteCount else { return false }
        let expected = literal.utf8Start
        for offset in 0..<size where lowercased(unsafeLoad(fromUncheckedByteOffset: offset, as: UInt8.self)) != expected[offset] { return false }
        return true
    }

    /// Whether the bytes begin with `literal`.
    public func hasPrefix(_ literal: StaticString) -> Bool {
        let size = literal.utf8CodeUnitCount
        return size <= byteCount && (size == 0 || withUnsafeBytes { memcmp($0.baseAddress!, literal.utf8Start, size) == 0 })
    }

    /// Whether the bytes end with `literal`.
    public func hasSuffix(_ literal: StaticString) -> Bool {
        let size = literal.utf8CodeUnitCount
        return size <= byteCount && extracting(droppingFirst: byteCount - size).hasPrefix(literal)
    }

    /// Whether the bytes begin with `literal` in any mix of ASCII cases; `literal` is in lower case.
    public func hasPrefixIgnoringCase(_ literal: StaticString) -> Bool {
        let size = literal.utf8CodeUnitCount
        return size <= byteCount && extracting(0..<size).equalsIgnoringCase(literal)
    }

    /// The offset of the first `byte` at or after `start`.
    public func firstIndex(of byte: UInt8, from start: Int = 0) -> Int? {
        guard start < byteCount else { return nil }
        return withUnsafeBytes { buffer in
            guard let hit = memchr(buffer.baseAddress! + start, CInt(byte), buffer.count - start) else { return nil }
            return UnsafeRawPointer(hit) - buffer.baseAddress!
        }
    }

    /// The offset of the first occurrence of `literal` at or after `start`.
    public func firstRange(of literal: StaticString, from start: Int = 0) -> Range<Int>? {
        let size = literal.utf8CodeUnitCount
        guard size > 0 else { return nil }
        var from = start
        while let hit = firstIndex(of: literal.utf8Start[0], from: from) {
            guard hit + size <= byteCount else { return nil }
            if extracting(hit..<hit + size).equals(literal) { return hit..<hit + size }
            from = hit + 1
        }
        return nil
    }

    /// The offset of the first occurrence of `other`, which is not empty, at or after `start`.
    public func firstRange(of other: RawSpan, from start: Int = 0) -> Range<Int>? {
        let size = other.byteCount
        guard size > 0 else { return nil }
        var from = start
        while let hit = firstIndex(of: other[byte: 0], from: from) {
            guard hit + size <= byteCount else { return nil }
            if extracting(hit..<hit + size).equals(other) { return hit..<hit + size }
            from = hit + 1
        }
        return nil
    }

    /// The value of one or more decimal digits and nothing else, or `nil` (also when it does not fit an `Int`).
    public var decimalValue: Int? {
        guard byteCount > 0 else { return nil }
        var value = 0
        for offset in 0..<byteCount {
            let digit = Int(unsafeLoad(fromUncheckedByteOffset: offset, as: UInt8.self)) - 0x30
            guard digit >= 0, digit <= 9 else { return nil }
            let (product, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, carry) = product.addingReportingOverflow(digit)
            guard !overflow, !carry else { return nil }
            value = sum
        }
        return value
    }

    /// The span without leading and trailing spaces and tabs (optional white space, RFC 9110 §5.6.3).
    public var trimmed: RawSpan {
        @_lifetime(copy self) get {
            var low = 0
            var high = byteCount
            while low < high, isBlank(low) { low += 1 }
            while high > low, isBlank(high - 1) { high -= 1 }
            return extracting(low..<high)
        }
    }

    /// The span without leading and trailing white space of JSON and of lines.
    public var withoutSpace: RawSpan {
        @_lifetime(copy self) get {
            var low = 0
            var high = byteCount
            while low < high, isSpace(low) { low += 1 }
            while high > low, isSpace(high - 1) { high -= 1 }
            return extracting(low..<high)
        }
    }

    private func isSpace(_ offset: Int) -> Bool {
        let byte = unsafeLoad(fromUncheckedByteOffset: offset, as: UInt8.self)
        return byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D
    }

    /// The bytes as text; invalid UTF-8 becomes U+FFFD.
    public var text: String {
        withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
    }

    /// A copy of the bytes.
    public var array: [UInt8] {
        withUnsafeBytes { Array($0) }
    }

    private func isBlank(_ offset: Int) -> Bool {
        let byte = unsafeLoad(fromUncheckedByteOffset: offset, as: UInt8.self)
        return byte == 0x20 || byte == 0x09
    }
}

/// The ASCII lower-case form of a byte; other bytes are returned as they are.
@inline(__always)
func lowercased(_ byte: UInt8) -> UInt8 {
    byte &- 0x41 < 26 ? byte | 0x20 : byte
}

extension StaticString {
    /// The literal's UTF-8, which lives as long as the program.
    public var span: RawSpan {
        @_lifetime(immortal) get {
            _overrideLifetime(RawSpan(_unsafeStart: UnsafeRawPointer(utf8Start), byteCount: utf8CodeUnitCount), borrowing: ())
        }
    }
}

extension RawSpan {
    /// The same bytes, as a loan from `owner`: for an object that hands out what an object it owns lends it.
    ///
    /// The caller guarantees that the bytes stay alive and unchanged as long as the loan.
    @_lifetime(borrow owner)
    public func lent<Owner: AnyObject>(by owner: borrowing Owner) -> RawSpan {
        let start = withUnsafeBytes { $0.baseAddress ?? UnsafeRawPointer(bitPattern: 1)! }
        return _overrideLifetime(RawSpan(_unsafeStart: start, byteCount: byteCount), borrowing: owner)
    }
}
