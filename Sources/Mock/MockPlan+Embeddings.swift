internal import Wire

/// Vectors that depend only on the input.
extension MockPlan {
    /// The most inputs of one request (OpenAI's limit).
    private static let mostInputs = 2048

    /// Appends the body of an embeddings answer.
    func appendEmbeddings(of request: MockRequestBody, in bytes: RawSpan, prompt: Int, to body: inout ByteBuffer) {
        body.append("{\"object\":\"list\",\"data\":[")
        let inputs = MockPlan.inputs(request, in: bytes)
        let dimensions = request.dimensions ?? behaviour.dimensions
        for (index, input) in inputs.enumerated() {
            body.append(index == 0 ? "{\"object\":\"embedding\",\"index\":" : ",{\"object\":\"embedding\",\"index\":")
            body.append(decimal: index)
            body.append(",\"embedding\":")
            var random = MockRandom(seed: MockSite.hash(bytes.extracting(input), from: 0))
            if request.wantsBase64 {
                MockPlan.appendBase64(dimensions, &random, to: &body)
            } else {
                MockPlan.appendNumbers(dimensions, &random, to: &body)
            }
            body.append("}")
        }
        body.append("],\"model\":")
        model.copy(to: &body)
        body.append(",\"usage\":{\"prompt_tokens\":")
        body.append(decimal: prompt)
        body.append(",\"total_tokens\":")
        body.append(decimal: prompt)
        body.append("}}")
    }

    /// The inputs: one text or list of tokens, or several of either.
    private static func inputs(_ request: MockRequestBody, in bytes: RawSpan) -> [Range<Int>] {
        guard let whole = request.input else { return [] }
        guard bytes[byte: whole.lowerBound] == UInt8(ascii: "[") else { return [whole] }
        var inputs: [Range<Int>] = []
        var at = MockRequestBody.pastSpace(bytes, whole.lowerBound + 1)
        while inputs.count < mostInputs, let end = MockRequestBody.endOfValue(bytes, at) {
            let first = bytes[byte: at]
            // Numbers are the tokens of one text.
            if first != UInt8(ascii: "\""), first != UInt8(ascii: "[") { return [whole] }
            inputs.append(at..<end)
            at = MockRequestBody.pastSpace(bytes, end)
            guard at < whole.upperBound, bytes[byte: at] == UInt8(ascii: ",") else { break }
            at = MockRequestBody.pastSpace(bytes, at + 1)
        }
        return inputs
    }

    /// A number from -1 to 1 in millionths.
    private static func millionths(_ random: inout MockRandom) -> Int {
        Int(random.next() % 2_000_001) - 1_000_000
    }

    private static func appendNumbers(_ dimensions: Int, _ random: inout MockRandom, to body: inout ByteBuffer) {
        body.append("[")
        for place in 0..<dimensions {
            let value = millionths(&random)
            body.append(place == 0 ? (value < 0 ? "-" : "") : (value < 0 ? ",-" : ","))
            body.append(decimal: abs(value) / 1_000_000)
            body.append(".")
            body.append(padded: UInt64(abs(value) % 1_000_000), digits: 6)
        }
        body.append("]")
    }

    /// The same numbers as little-endian 32-bit floats in base64 (RFC 4648 §4), as `encoding_format: base64`
    /// asks for.
    private static func appendBase64(_ dimensions: Int, _ random: inout MockRandom, to body: inout ByteBuffer) {
        var bits: UInt32 = 0
        var bytesHeld = 0
        body.append(UInt8(ascii: "\""))
        for _ in 0..<dimensions {
            var value = (Float(millionths(&random)) / 1_000_000).bitPattern
            for _ in 0..<4 {
                bits = bits << 8 | value & 0xFF
                value >>= 8
                bytesHeld += 1
                guard bytesHeld == 3 else { continue }
                for shift in [18, 12, 6, 0] as [UInt32] { body.append(base64Digit(bits >> shift & 63)) }
                (bits, bytesHeld) = (0, 0)
            }
        }
        if bytesHeld > 0 {
            bits <<= UInt32(3 - bytesHeld) * 8
            body.append(base64Digit(bits >> 18 & 63))
            body.append(base64Digit(bits >> 12 & 63))
            body.append(bytesHeld == 2 ? base64Digit(bits >> 6 & 63) : UInt8(ascii: "="))
            body.append(UInt8(ascii: "="))
        }
        body.append(UInt8(ascii: "\""))
    }

    private static func base64Digit(_ value: UInt32) -> UInt8 {
        switch UInt8(truncatingIfNeeded: value) {
        case let digit where digit < 26: UInt8(ascii: "A") + digit
        case let digit where digit < 52: UInt8(ascii: "a") + digit - 26
        case let digit where digit < 62: UInt8(ascii: "0") + digit - 52
        case 62: UInt8(ascii: "+")
        default: UInt8(ascii: "/")
        }
    }
}
