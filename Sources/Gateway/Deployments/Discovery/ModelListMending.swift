internal import Wire

/// Makes a list of models readable that breaks JSON in the text or a number of some entry, so that only that entry is worse for it.
///
/// What servers send: descriptions in another encoding than UTF-8 or with line ends in them as they are, and `NaN` and `Infinity`, which Python writes
/// for numbers that are none.
enum ModelListMending {
    /// The text without a byte order mark in front of it (RFC 8259 §8.1 lets a reader ignore one).
    @_lifetime(copy body)
    static func withoutMark(_ body: RawSpan) -> RawSpan {
        body.hasPrefix("\u{FEFF}") ? body.extracting(droppingFirst: 3) : body
    }

    /// The text with U+FFFD for bytes that are no UTF-8, a space for control characters within strings, and `null` for numbers that are none; `nil`
    /// when there was nothing of the kind.
    static func mended(_ body: RawSpan) -> [UInt8]? {
        let original = body.withUnsafeBytes { Array($0) }
        let text = Array(String(decoding: original, as: UTF8.self).utf8)
        var mended: [UInt8] = []
        mended.reserveCapacity(text.count)
        var (isInString, isEscaped) = (false, false)
        var at = 0
        while at < text.count {
            let byte = text[at]
            if isInString {
                mended.append(byte < 0x20 ? 0x20 : byte)
                if isEscaped {
                    isEscaped = false
                } else if byte == UInt8(ascii: "\\") {
                    isEscaped = true
                } else if byte == UInt8(ascii: "\"") {
                    isInString = false
                }
                at += 1
                continue
            }
            if byte == UInt8(ascii: "\"") { isInString = true }
            let word = words.first { text[at...].starts(with: $0) }
            mended += word == nil ? [byte] : null
            at += word?.count ?? 1
        }
        return mended == original ? nil : mended
    }

    private static let words = ["-Infinity", "Infinity", "NaN"].map { Array($0.utf8) }
    private static let null = Array("null".utf8)
}
