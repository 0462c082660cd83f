internal import Wire

/// Access to bytes that is compiled into this module's loops; calls into another module would cost more than the work.
extension RawSpan {
    /// The byte at `offset`, which must be in bounds.
    @inline(__always)
    func byte(at offset: Int) -> UInt8 {
        precondition(offset >= 0 && offset < byteCount)
        return unsafe unsafeLoad(fromUncheckedByteOffset: offset, as: UInt8.self)
    }

    /// Whether the bytes are `literal` in any mix of ASCII cases.
    ///
    /// - Parameter literal: At least four lower-case letters, digits and hyphens. The bytes must be free of
    ///   control bytes, which would pass for digits and hyphens: case is removed by setting one bit.
    @inline(__always)
    func isLiteral(_ literal: StaticString) -> Bool {
        let size = literal.utf8CodeUnitCount
        guard byteCount == size else { return false }
        if size >= 8 {
            var offset = 0
            while offset < size - 8 {
                guard isWord(of: literal, at: offset) else { return false }
                offset += 8
            }
            return isWord(of: literal, at: size - 8)
        }
        return isHalfWord(of: literal, at: 0) && isHalfWord(of: literal, at: size - 4)
    }

    @inline(__always)
    private func isWord(of literal: StaticString, at offset: Int) -> Bool {
        // In bounds: both have the same size, and the caller keeps eight bytes from the end.
        let given = unsafe unsafeLoadUnaligned(fromUncheckedByteOffset: offset, as: UInt64.self)
        let expected = unsafe UnsafeRawPointer(literal.utf8Start + offset).loadUnaligned(as: UInt64.self)
        return given | 0x2020_2020_2020_2020 == expected
    }

    @inline(__always)
    private func isHalfWord(of literal: StaticString, at offset: Int) -> Bool {
        // In bounds, as above with four bytes.
        let given = unsafe unsafeLoadUnaligned(fromUncheckedByteOffset: offset, as: UInt32.self)
        let expected = unsafe UnsafeRawPointer(literal.utf8Start + offset).loadUnaligned(as: UInt32.self)
        return given | 0x2020_2020 == expected
    }

    /// The bytes without trailing spaces and tabs.
    @inline(__always)
    var withoutTrailingBlanks: RawSpan {
        @_lifetime(copy self) get {
            var end = byteCount
            while end > 0, byte(at: end - 1) == 0x20 || byte(at: end - 1) == 0x09 { end -= 1 }
            return extracting(0..<end)
        }
    }

    /// The value of 1 to `maximumDigits` decimal digits and nothing else, or `nil`, also when it does not fit an `Int`.
    ///
    /// - Parameter maximumDigits: At most 19: that many nines still fit 64 bits.
    @inline(__always)
    func decimal(maximumDigits: Int) -> Int? {
        guard byteCount > 0, byteCount <= maximumDigits, maximumDigits <= 19 else { return nil }
        var value: UInt64 = 0
        for offset in 0..<byteCount {
            let digit = byte(at: offset) &- 0x30
            guard digit < 10 else { return nil }
            value = value &* 10 &+ UInt64(digit)
        }
        return Int(exactly: value)
    }
}
