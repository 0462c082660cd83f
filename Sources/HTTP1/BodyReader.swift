internal import Wire

/// Reads the part of a message between its head and its end.
struct BodyReader {
    private enum Phase {
        case none
        /// This many bytes are still to come.
        case counted(Int)
        case chunks
        case trailers
        case untilClose
    }

    private var phase = Phase.none

    /// Whether the body ends with the connection, so that its end does not prove it complete.
    var endsWithConnection: Bool {
        if case .untilClose = phase { true } else { false }
    }

    /// Begins a message without a body.
    mutating func beginEmpty() {
        phase = .none
    }

    /// Begins the body that the framing announces.
    ///
    /// - Parameters:
    ///   - framing: What the fields say.
    ///   - untilClose: Whether a body with neither length nor chunks lasts as long as the connection, which is
    ///     only possible in an answer.
    mutating func begin(_ framing: MessageFraming, untilClose: Bool) {
        if framing.isChunked {
            phase = .chunks
        } else if let length = framing.contentLength {
            phase = .counted(length)
        } else {
            phase = untilClose ? .untilClose : .none
        }
    }

    /// Reads the next piece of the body, or its end.
    ///
    /// - Parameters:
    ///   - bytes: The bytes just read.
    ///   - offset: Where to continue in them; moves past what was read.
    ///   - machine: The parser that has read the head.
    ///   - section: Collects the trailers.
    ///   - limits: The bounds of the trailers.
    mutating func next(
        in bytes: RawSpan, at offset: inout Int, machine: borrowing LLHTTPMachine, section: inout SectionCollector, limits: HTTPHeadLimits
    ) throws(HTTP1Error.Code) -> HTTP1Event {
        switch phase {
        case .none:
            return .end
        case .counted(let left):
            guard left > 0 else { return .end }
            let range = offset..<offset + min(left, bytes.byteCount - offset)
            guard !range.isEmpty else { return .needsMoreBytes }
            offset = range.upperBound
            phase = .counted(left - range.count)
            return .body(range)
        case .untilClose:
            guard offset < bytes.byteCount else { return .needsMoreBytes }
            defer { offset = bytes.byteCount }
            return .body(offset..<bytes.byteCount)
        case .chunks:
            switch try machine.readChunks(in: bytes, at: &offset) {
            case .needsMoreBytes: return .needsMoreBytes
            case .body(let range): return .body(range)
            case .lastChunk: phase = .trailers
            }
            return try readTrailers(in: bytes, at: &offset, machine: machine, section: &section, limits: limits)
        case .trailers:
            return try readTrailers(in: bytes, at: &offset, machine: machine, section: &section, limits: limits)
        }
    }

    private mutating func readTrailers(
        in bytes: RawSpan, at offset: inout Int, machine: borrowing LLHTTPMachine, section: inout SectionCollector, limits: HTTPHeadLimits
    ) throws(HTTP1Error.Code) -> HTTP1Event {
        let view = section.view(of: bytes, at: offset, limit: limits.maximumTrailerBytes)
        guard let end = try section.scanner.endOfSection(in: view, limit: limits.maximumTrailerBytes, lines: limits.maximumFieldCount) else {
            guard view.byteCount <= limits.maximumTrailerBytes else { throw .trailerTooLarge }
            section.keep(view, of: bytes, at: &offset)
            return .needsMoreBytes
        }
        try machine.readTrailers(view.extracting(0..<end))
        section.finish(end, at: &offset)
        phase = .none
        return .end
    }
}
