/// Writes JSON, and what is nearly JSON.
enum FuzzJSON {
    /// Any value.
    ///
    /// - Parameter depth: How many values may still be nested.
    static func value(_ cursor: FuzzCursor, into text: inout [UInt8], depth: Int = 3) {
        switch cursor.choose(16) {
        case 0, 1, 2: string(cursor, into: &text)
        case 3, 4, 5: text.put(cursor.pick(FuzzWords.numbers))
        case 6: text.put("true")
        case 7: text.put("false")
        case 8: text.put("null")
        case 9, 10:
            text.put("[")
            let count = depth > 0 ? cursor.choose(4) : 0
            for place in 0..<count {
                if place > 0 { text.put(",") }
                value(cursor, into: &text, depth: depth - 1)
            }
            text.put("]")
        case 11, 12:
            text.put("{")
            let count = depth > 0 ? cursor.choose(4) : 0
            for place in 0..<count {
                if place > 0 { text.put(",") }
                string(cursor, into: &text)
                text.put(":")
                value(cursor, into: &text, depth: depth - 1)
            }
            text.put("}")
        case 13: text += cursor.raw(most: 12)
        case 14:
            // As deep as it may be, and deeper.
            let count = cursor.choose(2) == 0 ? 100 : 600
            text += Array(repeating: UInt8(ascii: "["), count: count)
            text += Array(repeating: UInt8(ascii: "]"), count: count)
        default:
            text.put("\"")
            text.put(cursor.pick(FuzzWords.times))
            text.put("\"")
        }
    }

    /// A string of one of the words, or of bytes of the input.
    static func string(_ cursor: FuzzCursor, into text: inout [UInt8]) {
        text.put("\"")
        let choice = cursor.choose(FuzzWords.words.count + 6)
        if choice < FuzzWords.words.count {
            text.put(FuzzWords.words[choice])
        } else if choice == FuzzWords.words.count + 5 {
            text += Array(repeating: UInt8(ascii: "x"), count: 700)
        } else {
            text += cursor.raw(most: 24)
        }
        text.put("\"")
    }

    /// The name of a model as a string: as it is, with escapes, or of bytes of the input.
    static func name(_ cursor: FuzzCursor, into text: inout [UInt8]) {
        text.put("\"")
        defer { text.put("\"") }
        let choice = cursor.byte()
        guard choice < 240 else {
            text += choice == 255 ? Array(repeating: UInt8(ascii: "m"), count: cursor.choose(2) == 0 ? 255 : 4200) : cursor.raw(most: 16)
            return
        }
        let isEscaped = choice >= 200
        let name = FuzzWords.models[choice < 120 ? choice % FuzzWords.usualModels : choice % FuzzWords.models.count]
        name.withUTF8Buffer { bytes in
            for (offset, byte) in bytes.enumerated() {
                if byte < 0x20 || isEscaped && offset == 0 && byte < 0x80 {
                    text.put("\\u00")
                    text.append(hexadecimal(byte >> 4))
                    text.append(hexadecimal(byte & 15))
                } else if byte == UInt8(ascii: "\"") {
                    text.put("\\\"")
                } else {
                    text.append(byte)
                }
            }
        }
    }

    private static func hexadecimal(_ nibble: UInt8) -> UInt8 { nibble < 10 ? 0x30 + nibble : 0x57 + nibble }
}
