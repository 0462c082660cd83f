internal import Wire

/// The text that the mock sends.
enum MockText {
    /// The words of the answer about the mock; none needs an escape in JSON.
    static let prose: [StaticString] = [
        "This ", "answer ", "comes ", "from ", "the ", "mock ", "provider ", "that ", "is ", "built ", "into ", "BEST: ", "no ", "model ",
        "has ", "read ", "your ", "question. ", "Set ", "a ", "provider's ", "API ", "key ", "and ", "start ", "again ", "to ", "reach ",
        "a ", "real ", "one. ",
    ]

    /// When every answer and model was made, in seconds since the Unix epoch: a constant, so that runs can be
    /// compared byte by byte.
    static let created = 1_700_000_000
}

extension ByteBuffer {
    /// Appends the text of one chunk without filler; nothing in it needs an escape in JSON.
    @inline(__always)
    mutating func append(chunk sequence: Int, of content: MockBehaviour.Content, microseconds: UInt64) {
        switch content {
        case .count:
            append(UInt8(ascii: "w"))
            append(decimal: sequence)
            append(UInt8(ascii: " "))
        case .stamp:
            append("s=")
            append(padded: UInt64(sequence), digits: 6)
            append(" t=")
            append(padded: microseconds, digits: 16)
            append(UInt8(ascii: " "))
        case .prose:
            append(MockText.prose[sequence % MockText.prose.count])
        }
    }
}

/// How many decimal digits `value`, which is not negative, has.
func decimalDigits(_ value: Int) -> Int {
    var digits = 1
    var rest = value
    while rest >= 10 {
        rest /= 10
        digits += 1
    }
    return digits
}
