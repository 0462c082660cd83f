internal import Wire

/// What an error says, in the words of the table of dialects, and whether the provider itself says it.
///
/// What stands in members made for programs (type, code, reasons, names of limits) is the provider's. Its message is written for people, and providers quote
/// the request in it: what it puts between quotes and the request holds too is blanked out, and what is found must not stand in the request (safety: prose
/// decides nothing on its own).
struct FailureWords {
    /// Where words were found.
    enum Place: Comparable {
        /// Nowhere.
        case nowhere
        /// In the message alone, and not in the request.
        case message
        /// In a member made for programs, and not in the request.
        case member
    }

    private var places: [Place]
    private var mentioned: [Bool]
    /// Whether the money that is left is nothing.
    private(set) var nothingIsLeft = false
    private var members: [UInt8]
    private var message: [UInt8]
    /// The request's words, which these were compared with; `nil` where nothing was said.
    private(set) var request: RequestWords?

    /// Looks for all that the table has.
    ///
    /// - Parameter request: The request's body; `nil` where it is not kept any more, and any word may be its.
    init(_ body: UpstreamErrorBody, _ details: ErrorDetails, request: RawSpan?) {
        places = Array(repeating: .nowhere, count: Dialect.Meaning.allCases.count)
        mentioned = Array(repeating: false, count: Dialect.Meaning.allCases.count)
        members = []
        message = []
        for part in [body.type, body.code] { FailureWords.append(part, to: &members) }
        for part in details.reasons.split(separator: "\n") + details.limits.split(separator: "\n") {
            FailureWords.append(String(part), to: &members)
        }
        for part in [body.message, details.raw] { FailureWords.append(part, to: &message) }
        guard !isEmpty else { return }
        let request = RequestWords(request)
        self.request = request
        let blanked = FailureWords.blanked(message, request)
        let lines = FailureWords.lines(of: members.span.bytes)
        let (memberPairs, messagePairs) = (LetterPairs(of: members.span.bytes), LetterPairs(of: message.span.bytes))
        for row in Dialect.all {
            let place = Int(row.meaning.rawValue)
            for code in row.codes where !lines.isEmpty { look(for: code, at: place, lines, request) }
            for word in row.words where word.mayStand(in: messagePairs) { look(for: word, isWord: true, row.meaning, blanked, request) }
            for sentence in row.sentences {
                if sentence.mayStand(in: memberPairs) { look(for: sentence, at: place, request) }
                if sentence.mayStand(in: messagePairs) { look(for: sentence, isWord: false, row.meaning, blanked, request) }
            }
        }
    }

    /// Whether nothing was said.
    var isEmpty: Bool { members.isEmpty && message.isEmpty }

    /// Whether it is in the text, whoever put it there. Enough for what is the request's own affair.
    func mention(_ meaning: Dialect.Meaning) -> Bool { mentioned[Int(meaning.rawValue)] }

    /// Where the provider itself says it.
    func find(_ meaning: Dialect.Meaning) -> Place { places[Int(meaning.rawValue)] }

    /// Whether the provider itself says it.
    func say(_ meaning: Dialect.Meaning) -> Bool { find(meaning) != .nowhere }

    /// Whether a whole part of the text is this, in lower case.
    func isJust(_ text: StaticString) -> Bool {
        for line in FailureWords.lines(of: message.span.bytes) where message.span.bytes.extracting(line).equals(text) { return true }
        return false
    }

    /// Whether the message states a limit, and that all of it is used: "Limit 100000, Used 100000".
    var stateAllUsed: Bool {
        guard let limit = number(after: "limit "), let used = number(after: "used ") else { return false }
        return used >= limit
    }

    private func number(after word: StaticString) -> Int? {
        let text = message.span.bytes
        var from = 0
        while let place = text.firstRange(of: word, from: from) {
            var (value, at) = (0, place.upperBound)
            while at < text.byteCount, text[byte: at] &- 0x30 < 10, value < ForeignNumber.count {
                value = value * 10 + Int(text[byte: at] &- 0x30)
                at += 1
            }
            if at > place.upperBound { return value }
            from = place.upperBound
        }
        return nil
    }

    /// Whether a word is in the message, whoever put it there.
    func holds(_ words: [StaticString]) -> Bool {
        words.contains { members.span.bytes.firstRange(of: $0) != nil || message.span.bytes.firstRange(of: $0) != nil }
    }

    /// Whether the message names something, such as the model that was asked for.
    func name(_ thing: String) -> Bool {
        let wanted = thing.utf8.map { $0 &- 0x41 < 26 ? $0 | 0x20 : $0 }
        guard !wanted.isEmpty else { return false }
        let text = message.span.bytes
        func isWord(_ byte: UInt8) -> Bool { (byte | 0x20) &- 0x61 < 26 || byte &- 0x30 < 10 }
        var start = 0
        // A short name stands in the middle of many a word.
        while let found = text.extracting(droppingFirst: start).firstRange(of: wanted.span.bytes) {
            let (low, high) = (start + found.lowerBound, start + found.upperBound)
            if low == 0 || !isWord(text[byte: low - 1]), high == text.byteCount || !isWord(text[byte: high]) { return true }
            start = low + 1
        }
        return false
    }

    // MARK: Looking

    /// Looks for a code among the members made for programs.
    private mutating func look(for code: StaticString, at place: Int, _ lines: [Range<Int>], _ request: RequestWords) {
        guard places[place] != .member else { return }
        // A copy of what is not changed meanwhile.
        let members = self.members
        for line in lines where members.span.bytes.extracting(line).isCode(code) {
            mentioned[place] = true
            if !request.hold(members.span.bytes.extracting(line), isMember: true) { places[place] = .member }
        }
    }

    /// Looks for a sentence among the members made for programs.
    private mutating func look(for sentence: SentencePattern, at place: Int, _ request: RequestWords) {
        guard places[place] != .member else { return }
        let members = self.members
        guard let range = sentence.firstRange(in: members.span.bytes) else { return }
        mentioned[place] = true
        if !request.hold(members.span.bytes.extracting(range), isMember: true) { places[place] = .member }
    }

    /// Looks for a sentence, or for a code as a word by itself, in the message.
    private mutating func look(
        for sentence: SentencePattern, isWord: Bool, _ meaning: Dialect.Meaning, _ blanked: [UInt8], _ request: RequestWords
    ) {
        let (place, message) = (Int(meaning.rawValue), self.message)
        guard let range = sentence.firstRange(in: message.span.bytes, needsWord: isWord) else { return }
        mentioned[place] = true
        if meaning == .unaffordable, FailureWords.namesNothing(message.span.bytes.extracting(range)) { nothingIsLeft = true }
        guard places[place] == .nowhere, let range = sentence.firstRange(in: blanked.span.bytes, needsWord: isWord) else { return }
        if !request.hold(blanked.span.bytes.extracting(range), isMember: false) { places[place] = .message }
    }

    /// Whether the first number of a sentence is none, or less.
    private static func namesNothing(_ sentence: RawSpan) -> Bool {
        var at = 0
        while at < sentence.byteCount {
            if let end = SentencePattern.numberEnd(in: sentence, at: at) {
                for place in at..<end where sentence[byte: place] == UInt8(ascii: "-") { return true }
                for place in at..<end where sentence[byte: place] &- 0x31 < 9 { return false }
                return true
            }
            at += 1
        }
        return false
    }

    // MARK: The text

    /// Adds a part as a line of its own.
    private static func append(_ part: String?, to text: inout [UInt8]) {
        guard let part, !part.isEmpty else { return }
        if text.isEmpty { text.append(0x0A) }
        appendPlain(part.utf8, to: &text)
        text.append(0x0A)
    }

    /// Adds words as they are compared: in lower case, runs of white space as one blank.
    static func appendPlain(_ words: some Sequence<UInt8>, to text: inout [UInt8]) {
        var wasSpace = false
        for byte in words {
            let isSpace = byte == 0x20 || byte &- 9 < 5
            if !(isSpace && wasSpace) { text.append(isSpace ? 0x20 : byte &- 0x41 < 26 ? byte | 0x20 : byte) }
            wasSpace = isSpace
        }
    }

    private static func lines(of bytes: RawSpan) -> [Range<Int>] {
        var lines: [Range<Int>] = []
        var start = 0
        while let end = bytes.firstIndex(of: 0x0A, from: start) {
            if end > start { lines.append(start..<end) }
            start = end + 1
        }
        return lines
    }

    /// The message without what it quotes of the request.
    private static func blanked(_ message: [UInt8], _ request: RequestWords) -> [UInt8] {
        var blanked = message
        let bytes = message.span.bytes
        var at = 0
        while at < bytes.byteCount {
            guard let end = quotation(in: bytes, at: at) else {
                at += 1
                continue
            }
            if request.hold(bytes.extracting(at + 1..<end), isMember: false) { for place in at + 1..<end { blanked[place] = 0x01 } }
            at = end + 1
        }
        return blanked
    }

    /// The offset of the mark that ends the quotation which begins at `start`; an apostrophe within a word begins none.
    private static func quotation(in bytes: RawSpan, at start: Int) -> Int? {
        let mark = bytes[byte: start]
        guard mark == UInt8(ascii: "\"") || mark == UInt8(ascii: "'") || mark == UInt8(ascii: "`") else { return nil }
        if mark == UInt8(ascii: "'"), isLetter(bytes.byteOrZero(at: start - 1)) { return nil }
        var at = start + 1
        while let end = bytes.firstIndex(of: mark, from: at), end - start <= 512 {
            if mark != UInt8(ascii: "'") || !isLetter(bytes.byteOrZero(at: end + 1)) { return end > start + 1 ? end : nil }
            at = end + 1
        }
        return nil
    }

    private static func isLetter(_ byte: UInt8) -> Bool { byte | 0x20 &- 0x61 < 26 || byte &- 0x30 < 10 }
}
