/// The tokens of JSON as functions from offset to offset (RFC 8259 §2, §6, §7); each throws on the first byte that does not fit.
extension JSONScanner {
    /// The offset of the first byte at or after `start` that is not white space.
    @inline(__always)
    static func pastSpace(_ bytes: RawSpan, _ start: Int) -> Int {
        bytes.byteOrZero(at: start) > 0x20 ? start : pastSpaceSlowly(bytes, start)
    }

    @inline(never)
    private static func pastSpaceSlowly(_ bytes: RawSpan, _ start: Int) -> Int {
        var at = start
        while at < bytes.byteCount {
            let byte = bytes.unsafeLoad(fromUncheckedByteOffset: at, as: UInt8.self)
            // A bit for each of tab, line feed, carriage return and space.
            guard byte <= 0x20, (0x1_0000_2600 as UInt64) &>> UInt64(byte) & 1 == 1 else { return at }
            at &+= 1
            // Indentation comes in runs.
            while at &+ 8 <= bytes.byteCount, bytes.word(at: at) == 0x2020_2020_2020_2020 { at &+= 8 }
        }
        return at
    }

    /// The offset of the quote that closes the string whose first byte inside the quotes is at `start`.
    ///
    /// Eight bytes are examined at a time: a byte is special when it is a quote, a backslash, below 0x20 or not
    /// ASCII. A borrow can mark a byte falsely only above a truly special one, so the lowest mark is always
    /// right.
    @inline(__always)
    static func endOfString(_ bytes: RawSpan, from start: Int, strictly: Bool, hasEscapes: inout Bool) throws(JSONError) -> Int {
        var at = start
        while true {
            let word = bytes.word(at: at)
            let quotes = (word ^ 0x2222_2222_2222_2222) &- 0x0101_0101_0101_0101
            let backslashes = (word ^ 0x5C5C_5C5C_5C5C_5C5C) &- 0x0101_0101_0101_0101
            let controls = word &- 0x2020_2020_2020_2020
            let special = (quotes | backslashes | controls | word) & 0x8080_8080_8080_8080
            guard special != 0 else {
                at = pastPlain(bytes, at &+ 8)
                continue
            }
            let place = special.trailingZeroBitCount
            at &+= place &>> 3
            let byte = UInt8(truncatingIfNeeded: word &>> UInt64(place & ~7))
            if byte == 0x22 { return at }
            if byte == 0x5C {
                hasEscapes = true
                let escaped = bytes.byteOrZero(at: at &+ 1)
                // One bit for each of b, f, n, r, t and the backslash, counted from 0x40; quote and slash lie
                // below.
                if escaped &- 0x40 < 64 ? (0x0014_4044_1000_0000 as UInt64) &>> UInt64(escaped &- 0x40) & 1 == 1 : escaped == 0x22 || escaped == 0x2F
                {
                    at &+= 2
                } else {
                    at = try pastUnicodeEscape(bytes, at, strictly: strictly)
                }
            } else {
                at = try pastNonASCII(bytes, at)
            }
        }
    }

    /// The offset of the first block of sixteen bytes at or after `start`, in steps of sixteen, that holds a
    /// special byte or is not full.
    @inline(__always)
    private static func pastPlain(_ bytes: RawSpan, _ start: Int) -> Int {
        // The operators that take a scalar are loops over the lanes.
        let spaces = SIMD16<Int8>(repeating: 0x20)
        let quotes = SIMD16<Int8>(repeating: 0x22)
        let backslashes = SIMD16<Int8>(repeating: 0x5C)
        var at = start
        while at &+ 16 <= bytes.byteCount {
            let block = bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: at, as: SIMD16<Int8>.self)
            // As signed numbers the bytes from 0x80 up are negative, so one comparison finds both them and the
            // control bytes.
            let special = (block .< spaces) .| (block .== quotes) .| (block .== backslashes)
            let halves = unsafeBitCast(special, to: SIMD2<UInt64>.self)
            guard halves.x | halves.y == 0 else { break }
            at &+= 16
        }
        return at
    }

    /// The offset after the `\uXXXX` at `at`, and after its second half when it is the high half of a pair.
    @inline(never)
    private static func pastUnicodeEscape(_ bytes: RawSpan, _ at: Int, strictly: Bool) throws(JSONError) -> Int {
        guard at + 1 < bytes.byteCount else { throw JSONError(.endOfText, at: bytes.byteCount) }
        guard let unit = escapedUnit(bytes, at) else {
            let isCut = bytes.byteOrZero(at: at + 1) == UInt8(ascii: "u") && at + 6 > bytes.byteCount
            throw isCut ? JSONError(.endOfText, at: bytes.byteCount) : JSONError(.invalidEscape, at: at)
        }
        guard strictly, unit & 0xF800 == 0xD800 else { return at + 6 }
        guard unit < 0xDC00, let low = escapedUnit(bytes, at + 6), low & 0xFC00 == 0xDC00 else { throw JSONError(.loneSurrogate, at: at) }
        return at + 12
    }

    /// The UTF-16 unit that the six bytes `\uXXXX` at `at` stand for, or `nil` when they are not that.
    static func escapedUnit(_ bytes: RawSpan, _ at: Int) -> UInt32? {
        guard at + 6 <= bytes.byteCount, bytes.byteOrZero(at: at) == 0x5C, bytes.byteOrZero(at: at + 1) == UInt8(ascii: "u") else { return nil }
        var unit: UInt32 = 0
        for place in at + 2..<at + 6 {
            let byte = bytes.byteOrZero(at: place)
            let digit = byte &- 0x30 < 10 ? byte &- 0x30 : (byte | 0x20) &- 0x57
            guard digit < 10 ? byte < 0x40 : digit < 16 else { return nil }
            unit = unit << 4 | UInt32(digit)
        }
        return unit
    }

    /// The offset after the text with non-ASCII characters at `start`: where a special ASCII byte or a stretch
    /// of plain ones follows.
    ///
    /// Throws for a control byte or the end of the text at `start`.
    @inline(never)
    private static func pastNonASCII(_ bytes: RawSpan, _ start: Int) throws(JSONError) -> Int {
        var at = start
        guard at < bytes.byteCount else { throw JSONError(.endOfText, at: bytes.byteCount) }
        guard bytes.byteOrZero(at: at) >= 0x80 else { throw JSONError(.controlByte, at: at) }
        while at < bytes.byteCount {
            var word = bytes.leadingWord(at: at)
            // Runs of three-byte characters and of pairs of two-byte ones: steps of known length, so that the
            // next load need not wait.
            while word & 0x00C0_C0F0 == 0x0080_80E0, word & 0x200F != 0, word & 0x200F != 0x200D {
                at &+= 3
                word = bytes.leadingWord(at: at)
            }
            while word & 0xC0E0_C0E0 == 0x80C0_80C0, word & 0x1E != 0, word & 0x1E_0000 != 0 {
                at &+= 4
                word = bytes.leadingWord(at: at)
            }
            if word & 0x80 != 0 {
                let length = RawSpan.lengthOfUTF8Sequence(in: word)
                guard length > 0 else { throw JSONError(.invalidUTF8, at: at) }
                at &+= length
            } else {
                // Words of other scripts are separated by single spaces and commas; going back to blocks for
                // each would cost more.
                let byte = UInt8(truncatingIfNeeded: word)
                guard word & 0x8080_8000 != 0, byte >= 0x20, byte != 0x22, byte != 0x5C else { break }
                at &+= 1
            }
        }
        return at
    }

    /// The offset after the number whose first byte, a digit or a minus, is at `start` (RFC 8259 §6).
    @inline(__always)
    static func endOfNumber(_ bytes: RawSpan, from start: Int) throws(JSONError) -> Int {
        var at = start
        if bytes.byteOrZero(at: at) == UInt8(ascii: "-") { at &+= 1 }
        at = bytes.byteOrZero(at: at) == UInt8(ascii: "0") ? at &+ 1 : try pastDigits(bytes, at)
        if bytes.byteOrZero(at: at) == UInt8(ascii: ".") { at = try pastDigits(bytes, at &+ 1) }
        if bytes.byteOrZero(at: at) | 0x20 == UInt8(ascii: "e") {
            at &+= 1
            let sign = bytes.byteOrZero(at: at)
            if sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") { at &+= 1 }
            at = try pastDigits(bytes, at)
        }
        return at
    }

    /// The offset after the one or more digits at `start`.
    @inline(__always)
    private static func pastDigits(_ bytes: RawSpan, _ start: Int) throws(JSONError) -> Int {
        var at = start
        while true {
            let digits = bytes.word(at: at) ^ 0x3030_3030_3030_3030
            let others = ((digits & 0x7F7F_7F7F_7F7F_7F7F) &+ 0x7676_7676_7676_7676 | digits) & 0x8080_8080_8080_8080
            at &+= others.trailingZeroBitCount &>> 3
            guard others == 0 else { break }
        }
        guard at > start else { throw JSONError(at < bytes.byteCount ? .invalidNumber : .endOfText, at: at) }
        return at
    }

    /// The offset after the `true`, `false` or `null` whose first byte is at `start`.
    @inline(__always)
    static func endOfLiteral(_ bytes: RawSpan, from start: Int) throws(JSONError) -> Int {
        let word = bytes.word(at: start)
        switch UInt32(truncatingIfNeeded: word) {
        case 0x6575_7274, 0x6C6C_756E: return start &+ 4
        case 0x736C_6166 where word & 0xFF_FFFF_FFFF == 0x65_736C_6166: return start &+ 5
        default: throw JSONError(.valueExpected, at: start)
        }
    }

    /// The error at `offset`: the end of the text, or else `reason`.
    @inline(never)
    static func failure(_ bytes: RawSpan, at offset: Int, _ reason: JSONError.Reason) -> JSONError {
        offset < bytes.byteCount ? JSONError(reason, at: offset) : JSONError(.endOfText, at: bytes.byteCount)
    }
}
