/// What the lines of one event contain (WHATWG HTML §9.2.6).
struct EventLayout {
    /// How many `data` lines there are.
    private(set) var dataLines = 0
    /// The value of the last `data` line.
    private(set) var data = 0..<0
    private var hasField = false
    /// Whether the event is named an error, or has a line that reports one without data.
    private(set) var isError = false
    /// Whether it has a line that is neither a field nor a comment: bare text or JSON from the server.
    private(set) var hasWords = false

    /// What the event says to a client.
    var kind: ServerSentEvent.Kind {
        if dataLines > 0 { return .data }
        return hasField ? .other : .comment
    }

    /// Records the line at `line`, which is not empty and has no line end.
    @inline(__always)
    mutating func add(_ line: Range<Int>, of bytes: RawSpan) {
        if let value = EventLayout.data(of: line, in: bytes) {
            dataLines += 1
            data = value
        } else {
            let first = bytes.byteOrZero(at: line.lowerBound)
            guard first != UInt8(ascii: ":") else { return }
            hasField = true
            switch EventLayout.line(bytes.extracting(line)) {
            case .field: break
            case .error: isError = true
            case .words: hasWords = true
            }
        }
    }

    /// Kinds of line other than data and comments.
    private enum Line {
        case field, error, words
    }

    /// Classifies a line. Errors are `event: error` and the like, and a field named so, which llama.cpp sent in
    /// 2025 (ggml-org/llama.cpp#16104); what cannot be a field is words. A field's name is one word, and an
    /// unknown field has a value. A hexadecimal number is left over by a proxy from the chunked framing.
    @inline(never)
    private static func line(_ text: RawSpan) -> Line {
        let colon = text.firstIndex(of: UInt8(ascii: ":")) ?? text.byteCount
        let name = text.extracting(0..<colon)
        if name.equals("event") {
            return colon < text.byteCount && endsAsError(text.extracting(colon + 1..<text.byteCount).trimmed) ? .error : .field
        }
        // A byte order mark in the middle of a stream comes before the first field of another stream.
        if name.equals("id") || name.equals("retry") || name.hasPrefix("\u{FEFF}") { return .field }
        var (isToken, isNumber, isWord) = (true, true, true)
        for place in 0..<name.byteCount {
            let byte = name[byte: place]
            let isLetter = byte | 0x20 &- 0x61 < 26
            let isDigit = byte &- 0x30 < 10
            if !isLetter, !isDigit, byte != UInt8(ascii: "_"), byte != UInt8(ascii: "-") { isToken = false }
            if !isDigit, byte | 0x20 &- 0x61 >= 6 { isNumber = false }
            if !isLetter { isWord = false }
        }
        guard isToken else { return .words }
        if name.equalsIgnoringCase("error") { return .error }
        if colon < text.byteCount { return isWord && endsAsError(name) ? .error : .field }
        return isNumber ? .field : .words
    }

    private static func endsAsError(_ name: RawSpan) -> Bool {
        for word in errors where name.byteCount >= word.utf8CodeUnitCount {
            if name.extracting(name.byteCount - word.utf8CodeUnitCount..<name.byteCount).equalsIgnoringCase(word) { return true }
        }
        return false
    }

    /// Endings of event names that report a failure.
    private static let errors: [StaticString] = ["error", "exception"]

    /// The text of a whole event that is in no `data` line: the value of a field that is an error, or bare text
    /// up to the next field; `nil` when there is none.
    static func bareText(of event: RawSpan) -> Range<Int>? {
        var start = event.hasPrefix("\u{FEFF}") ? 3 : 0
        var words: Int?
        for at in 0...event.byteCount where at == event.byteCount || event.byteOrZero(at: at) == 0x0A || event.byteOrZero(at: at) == 0x0D {
            let line = event.extracting(start..<max(start, at))
            let isComment = line.byteOrZero(at: 0) == UInt8(ascii: ":")
            let kind: Line = line.byteCount == 0 || isComment || data(of: start..<max(start, at), in: event) != nil ? .field : self.line(line)
            if let words {
                // JSON and pages span several lines.
                if line.byteCount > 0, kind == .field, isComment || isKnownField(line) { return words..<start }
            } else if kind == .error, !line.hasPrefix("event") {
                let colon = line.firstIndex(of: UInt8(ascii: ":")) ?? line.byteCount
                // Any name other than `error` says more.
                return line.extracting(0..<colon).equalsIgnoringCase("error") ? min(start + colon + 1, at)..<at : start..<at
            } else if kind == .words {
                words = start
            }
            start = at + 1
        }
        guard let words else { return nil }
        // Some servers leave out the line end before the last event.
        for end in ["data: [DONE]", "data:[DONE]"] as [StaticString] {
            if let end = event.firstRange(of: end, from: words) { return words..<end.lowerBound }
        }
        return words..<event.byteCount
    }

    private static func isKnownField(_ line: RawSpan) -> Bool {
        line.hasPrefix("data") || line.hasPrefix("event:") || line.hasPrefix("id:") || line.hasPrefix("retry:")
    }

    /// Records a line whose beginning is no longer at hand.
    mutating func addUnknown() {
        hasField = true
    }

    /// The value of the `data` field in the line at `line`, without the one space that may follow the colon;
    /// `nil` for any other line.
    @inline(__always)
    private static func data(of line: Range<Int>, in bytes: RawSpan) -> Range<Int>? {
        let start = line.lowerBound
        // "data", read as one little-endian word.
        guard line.count >= 4, bytes.leadingWord(at: start) == 0x6174_6164 else { return nil }
        guard line.count > 4 else { return line.upperBound..<line.upperBound }
        guard bytes.byteOrZero(at: start &+ 4) == UInt8(ascii: ":") else { return nil }
        let hasSpace = line.count > 5 && bytes.byteOrZero(at: start &+ 5) == 0x20
        return Range(uncheckedBounds: (start &+ (hasSpace ? 6 : 5), line.upperBound))
    }

    /// The values of all `data` lines of the whole event `event`, joined by LF.
    static func joined(_ event: RawSpan) -> ByteBuffer {
        var buffer = ByteBuffer()
        var isFirst = true
        // A byte order mark comes before the first line of a stream; no other line with a field name has one.
        var start = event.hasPrefix("\u{FEFF}") ? 3 : 0
        // Line ends need no care here: an empty line between a CR and its LF has no field.
        for at in 0..<event.byteCount where event.byteOrZero(at: at) == 0x0A || event.byteOrZero(at: at) == 0x0D {
            if let value = data(of: start..<at, in: event) {
                if !isFirst { buffer.append(0x0A) }
                isFirst = false
                buffer.append(event.extracting(value))
            }
            start = at + 1
        }
        return buffer
    }
}
