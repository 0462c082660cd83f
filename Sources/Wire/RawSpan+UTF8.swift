/// Validation of UTF-8, one sequence at a time.
extension RawSpan {
    /// The length of the UTF-8 sequence at `offset`, 1 to 4, or 0 when there is no well-formed one (RFC 3629 §4: no overlong
    /// forms, no surrogates, nothing above U+10FFFF).
    ///
    /// `offset` must be in bounds.
    @inline(__always)
    func lengthOfUTF8Sequence(at offset: Int) -> Int {
        RawSpan.lengthOfUTF8Sequence(in: leadingWord(at: offset))
    }

    /// The length of the UTF-8 sequence that begins in the low byte of `word`, whose bytes are in memory order, or 0.
    @inline(__always)
    static func lengthOfUTF8Sequence(in word: UInt32) -> Int {
        // One comparison per length tests the lead byte and every continuation byte together.
        if word & 0x00C0_C0F0 == 0x0080_80E0 {
            // The remaining bits of the lead byte and the top bits of the second: E0 80...9F is overlong, ED
            // A0...BF a surrogate.
            let edge = word & 0x200F
            return edge == 0 || edge == 0x200D ? 0 : 3
        }
        if word & 0x0000_C0E0 == 0x0000_80C0 { return word & 0x1E == 0 ? 0 : 2 }
        if word & 0x80 == 0 { return 1 }
        if word & 0xC0C0_C0F8 == 0x8080_80F0 {
            let plane = (word & 7) << 2 | (word >> 12) & 3
            return plane &- 1 < 16 ? 4 : 0
        }
        return 0
    }

    /// Four bytes from `offset`, the first in the low byte; bytes past the end read as zero.
    @inline(__always)
    func leadingWord(at offset: Int) -> UInt32 {
        offset &+ 4 <= byteCount ? unsafeLoadUnaligned(fromUncheckedByteOffset: offset, as: UInt32.self).littleEndian : tailWord(at: offset)
    }

    /// The fewer than four bytes from `offset` to the end, in memory order from the low end, followed by zeros.
    @inline(never)
    private func tailWord(at offset: Int) -> UInt32 {
        var word: UInt32 = 0
        for place in 0..<(byteCount - offset) {
            word |= UInt32(unsafeLoad(fromUncheckedByteOffset: offset + place, as: UInt8.self)) << (8 * UInt32(place))
        }
        return word
    }

    /// Eight bytes from `offset`, the first in the low byte; bytes past the end read as zero.
    @inline(__always)
    public func word(at offset: Int) -> UInt64 {
        offset &+ 8 <= byteCount ? unsafeLoadUnaligned(fromUncheckedByteOffset: offset, as: UInt64.self).littleEndian : tailOfEight(at: offset)
    }

    @inline(never)
    private func tailOfEight(at offset: Int) -> UInt64 {
        var word: UInt64 = 0
        var place = 0
        while offset + place < byteCount {
            word |= UInt64(unsafeLoad(fromUncheckedByteOffset: offset + place, as: UInt8.self)) << (8 * UInt64(place))
            place += 1
        }
        return word
    }

    /// The byte at `offset`, or 0 at and past the end. No byte of JSON outside a string is 0, so one test
    /// covers both.
    @inline(__always)
    public func byteOrZero(at offset: Int) -> UInt8 {
        // Without its sign, a negative offset is a large one.
        UInt(bitPattern: offset) < UInt(byteCount) ? unsafeLoad(fromUncheckedByteOffset: offset, as: UInt8.self) : 0
    }
}
