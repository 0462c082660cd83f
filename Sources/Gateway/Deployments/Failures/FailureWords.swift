internal import Wire

/// What an error says, in the words of the table of dialects, and whether the provider itself says it.
///
/// What stands in members made for programs (type, code, reasons, names of limits) is the provider's. Its message is written for people, and providers quote
/// the request in it: what it puts between quotes and the request holds too is blanked out, and what is found must not stand in the request (safety: prose
/// decides nothing on its own). That holds for all of a sentence that was found, as it stood before anything was blanked out; and where any text may stand in
/// the middle of it, also for each side together with what stands there, since the provider may have put the client's words next to its own.
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
    /// The members made for programs of an error that lies in the message as text: words like the rest of it.
    private var inner: [UInt8]
    private var message: [UInt8]
    /// The message without what it quotes of the request, byte by byte in the same places.
    private var blanked: [UInt8]
    /// The provider's id of the model that was asked for, folded.
    private var model: [UInt8]
    /// The request's words, which these were compared with; `nil` where nothing was said.
    private(set) var request: RequestWords?

    /// Looks for all that the table has.
    ///
    /// - Parameters:
    ///   - nested: The error that lies in the message as text, if there is one.
    ///   - model: The provider's id of the model that was asked for.
    ///   - request: The request's body; `nil` where it is not kept any more, and any word may be its.
    init(_ body: UpstreamErrorBody, _ details: ErrorDetails, _ nested: NestedError?, model: String, request: RawSpan?) {
        places = Array(repeating: .nowhere, count: Dialect.Meaning.allCases.count)
        mentioned = Array(repeating: false, count: Dialect.Meaning.allCases.count)
        members = []
        inner = []
        message = []
        blanked = []
        self.model = []
        for part in [body.type, body.code] { FailureWords.append(part, to: &members) }
        FailureWords.append(linesOf: [details.reasons, details.limits], to: &members)
        for part in [body.message, details.raw, nested?.body.message, nested?.details.raw] { FailureWords.append(part, to: &message) }
        if let nested {
            for part in [nested.body.type, nested.body.code] { FailureWords.append(part, to: &inner) }
            FailureWords.append(linesOf: [nested.details.reasons, nested.details.limits], to: &inner)
        }
        guard !isEmpty else { return }
        self.model = FailureWords.folded(model)
        let request = RequestWords(request)
        self.request = request
        blanked = FailureWords.blanked(message, request)
        let (lines, innerLines) = (FailureWords.lines(of: members.span.bytes), FailureWords.lines(of: inner.span.bytes))
        let (memberPairs, innerPairs) = (LetterPairs(of: members.span.bytes), LetterPairs(of: inner.span.bytes))
        let messagePairs = LetterPairs(of: message.span.bytes)
        for row in Dialect.all {
            for code in row.codes where !lines.isEmpty { look(for: code, row.meaning, lines, of: members, .member, request) }
            for code in row.codes where !innerLines.isEmpty { look(for: code, row.meaning, innerLines, of: inner, .message, request) }
            for word in row.words where word.mayStand(in: messagePairs) { look(for: word, isWord: true, row.meaning, request) }
            for sentence in row.sentences {
                if sentence.mayStand(in: memberPairs) { look(for: sentence, row.meaning, in: members, .member, request) }
                if sentence.mayStand(in: innerPairs) { look(for: sentence, row.meaning, in: inner, .message, request) }
                if sentence.mayStand(in: messagePairs) { look(for: sentence, isWord: false, row.meaning, request) }
            }
        }
    }

    /// Whether nobody knows what of the message is the request's.
    var isRequestUnread: Bool { request?.isUnread ?? false }

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

    /// The limit that the provider's own words state: "Limit 6000, Used 5900".
    var statedLimit: Int? { number(after: "limit ", in: blanked) }

    private func number(after word: StaticString) -> Int? { number(after: word, in: message) }

    private func number(after word: StaticString, in message: [UInt8]) -> Int? {
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

    /// Whether a word is in the message, whoever put it there. Enough for what is the request's own affair.
    func holds(_ words: [StaticString]) -> Bool {
        words.contains { members.span.bytes.firstRange(of: $0) != nil || message.span.bytes.firstRange(of: $0) != nil }
    }

    /// Whether the provider itself says one of some phrases.
    func state(_ phrases: [StaticString]) -> Bool {
        let (text, blanked) = (message, blanked)
        return phrases.contains { phrase in
            guard let range = blanked.span.bytes.firstRange(of: phrase) else { return false }
            return request?.hold(text.span.bytes.extracting(range), isMember: false) == false
        }
    }

    /// Whether the provider itself says one of some words, which are no part of longer ones.
    func speak(of words: [StaticString]) -> Bool {
        let (members, message) = (members, message)
        for (text, source) in [(members, members), (blanked, message)] {
            let (bytes, source) = (text.span.bytes, source.span.bytes)
            for word in words {
                let pattern = SentencePattern(word)
                var from = 0
                while let place = pattern.firstRange(in: bytes, from: from, needsWord: true) {
                    from = place.upperBound
                    let token = FailureWords.token(around: place, in: source)
                    // With a word of the client's around it or behind it, it is a part of that.
                    let phrase = token == place ? token.lowerBound..<FailureWords.wordEnd(in: source, behind: token.upperBound) : token
                    if phrase == place || request?.hold(source.extracting(phrase), isMember: false) == false { return true }
                }
            }
        }
        return false
    }

    /// What stands between blanks around a word, without the marks at its ends.
    private static func token(around word: Range<Int>, in bytes: RawSpan) -> Range<Int> {
        func isMark(_ byte: UInt8) -> Bool { !isLetter(byte) && byte < 0x80 }
        var (low, high) = (word.lowerBound, word.upperBound)
        while low > 0, bytes[byte: low - 1] > 0x20 { low -= 1 }
        while high < bytes.byteCount, bytes[byte: high] > 0x20 { high += 1 }
        while low < word.lowerBound, isMark(bytes[byte: low]) { low += 1 }
        while high > word.upperBound, isMark(bytes[byte: high - 1]) { high -= 1 }
        return low..<high
    }

    /// The end of the word that follows a place in the same line; the place itself where none does.
    private static func wordEnd(in bytes: RawSpan, behind place: Int) -> Int {
        var at = place
        while at < bytes.byteCount, bytes[byte: at] >= 0x20, bytes[byte: at] < 0x80, !isLetter(bytes[byte: at]) { at += 1 }
        guard at < bytes.byteCount, bytes[byte: at] > 0x20 else { return place }
        while at < bytes.byteCount, bytes[byte: at] > 0x20 { at += 1 }
        while at > place, bytes[byte: at - 1] < 0x80, !isLetter(bytes[byte: at - 1]) { at -= 1 }
        return at
    }

    /// Whether the message names the model that was asked for. A request that has the name elsewhere than as its model may mean something else by it.
    var nameModel: Bool {
        let wanted = model
        guard !wanted.isEmpty, let request else { return false }
        switch request.count(of: wanted.span.bytes, most: 2) {
        case 0: break
        case 1:
            let values = ["model:", "model: "].map { Array($0.utf8) + wanted }
            guard values.contains(where: { request.hold($0.span.bytes, isMember: false) }) else { return false }
        default: return false
        }
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

    /// Looks for a code among members made for programs.
    private mutating func look(
        for code: StaticString, _ meaning: Dialect.Meaning, _ lines: [Range<Int>], of text: [UInt8], _ found: Place, _ request: RequestWords
    ) {
        let place = Int(meaning.rawValue)
        guard places[place] < found else { return }
        for line in lines where text.span.bytes.extracting(line).isCode(code) {
            mentioned[place] = true
            if !request.hold(text.span.bytes.extracting(line), isMember: found == .member) { places[place] = found }
        }
    }

    /// Looks for a sentence among members made for programs.
    private mutating func look(
        for sentence: SentencePattern, _ meaning: Dialect.Meaning, in text: [UInt8], _ found: Place, _ request: RequestWords
    ) {
        let place = Int(meaning.rawValue)
        guard places[place] < found, let range = sentence.firstRange(in: text.span.bytes) else { return }
        mentioned[place] = true
        if !request.hold(text.span.bytes.extracting(range), isMember: found == .member) { places[place] = found }
    }

    /// Looks for a sentence, or for a code as a word by itself, in the message.
    private mutating func look(for sentence: SentencePattern, isWord: Bool, _ meaning: Dialect.Meaning, _ request: RequestWords) {
        // Copies of what is not changed meanwhile.
        let (place, message, blanked) = (Int(meaning.rawValue), self.message, self.blanked)
        guard let range = sentence.firstRange(in: message.span.bytes, needsWord: isWord) else { return }
        let own = sentence.firstRange(in: blanked.span.bytes, needsWord: isWord)
        // What only stands in what is quoted of the request says what was wrong with that, and not what is wrong. Sentences about what a model wrote quote that.
        // A part of it may be a name that the request has, too.
        guard own != nil || !request.isRead || meaning == .garbled && !isWord || stands(outsideOfQuotes: range) else { return }
        // A word made for programs that is the request's own may be quoted without quotes.
        if request.isRead, FailureWords.isCodeWord(message.span.bytes.extracting(range)),
            request.hold(message.span.bytes.extracting(range), isMember: false)
        {
            return
        }
        mentioned[place] = true
        if meaning == .unaffordable, FailureWords.namesNothing(message.span.bytes.extracting(range)) { nothingIsLeft = true }
        guard places[place] == .nowhere, let range = own else { return }
        // What is looked for in the request is what the message said: a name in it, between quotes, is blanked out and would be found nowhere.
        let text = message.span.bytes
        guard !request.hold(text.extracting(range), isMember: false) else { return }
        let gaps = sentence.gaps(in: blanked.span.bytes, at: range.lowerBound)
        for (index, gap) in gaps.enumerated() where !gap.isEmpty {
            let low = index > 0 ? gaps[index - 1].upperBound : range.lowerBound
            let high = index + 1 < gaps.count ? gaps[index + 1].lowerBound : range.upperBound
            if isClients(gap, of: low..<high, in: text, request) { return }
        }
        places[place] = .message
    }

    /// Whether anything in a range of the message is not quoted of the request.
    private func stands(outsideOfQuotes range: Range<Int>) -> Bool {
        range.contains { blanked[$0] != 0x01 && FailureWords.isLetter(blanked[$0]) }
    }

    /// Whether it is one word in the way of programs: `context_length_exceeded`.
    private static func isCodeWord(_ text: RawSpan) -> Bool {
        text.firstIndex(of: UInt8(ascii: "_"), from: 0) != nil && text.firstIndex(of: 0x20, from: 0) == nil
    }

    /// Whether the message holds what the request holds: between quotes, or behind a colon at the end of a line.
    var quoteTheRequest: Bool {
        guard let request, request.isRead else { return false }
        if blanked.contains(0x01) { return true }
        let bytes = message.span.bytes
        for line in FailureWords.lines(of: bytes) {
            if let tail = FailureWords.tail(of: line, in: bytes), request.hold(bytes.extracting(tail), isMember: false) { return true }
        }
        return false
    }

    /// What stands behind the first colon of a line, without the blanks before it and the mark at its end.
    private static func tail(of line: Range<Int>, in bytes: RawSpan) -> Range<Int>? {
        var (low, high) = (line.lowerBound, line.upperBound)
        while low < high, bytes[byte: low] != UInt8(ascii: ":") || bytes.byteOrZero(at: low + 1) != 0x20 { low += 1 }
        guard low < high else { return nil }
        low += 2
        while low < high, bytes[byte: low] == 0x20 { low += 1 }
        while high > low, bytes[byte: high - 1] == 0x20 || bytes[byte: high - 1] == UInt8(ascii: ".") { high -= 1 }
        return low < high ? low..<high : nil
    }

    /// Whether what fills a gap of a sentence may belong to a client's words together with what stands on one side of it: its first words with what is before
    /// them, or its last with what is behind it.
    ///
    /// - Parameter piece: The gap and the words of the sentence on both sides of it.
    private func isClients(_ gap: Range<Int>, of piece: Range<Int>, in text: RawSpan, _ request: RequestWords) -> Bool {
        let name = FailureWords.inner(of: gap, in: text)
        guard !name.isEmpty else { return false }
        // Whoever asks for a model may have written of it before; of its end only the provider speaks.
        var first = name.lowerBound
        for _ in 0..<2 where first < name.upperBound {
            while first < name.upperBound, text[byte: first] == 0x20 { first += 1 }
            while first < name.upperBound, text[byte: first] != 0x20 { first += 1 }
        }
        if !isModel(text.extracting(name)), piece.lowerBound < gap.lowerBound,
            request.hold(text.extracting(piece.lowerBound..<first), isMember: false)
        {
            return true
        }
        var word = name.upperBound
        while word > name.lowerBound, text[byte: word - 1] != 0x20 { word -= 1 }
        return piece.upperBound > gap.upperBound && request.hold(text.extracting(word..<piece.upperBound), isMember: false)
    }

    /// Whether words are the provider's id of the model that was asked for, whatever the quotes around them.
    private func isModel(_ words: RawSpan) -> Bool {
        var (name, wasSpace): ([UInt8], Bool) = ([], true)
        FoldedText.append(words, marks: .dropped, to: &name, wasSpace: &wasSpace)
        return name == model
    }

    /// A range without the marks and blanks at its ends.
    private static func inner(of range: Range<Int>, in text: RawSpan) -> Range<Int> {
        func isMark(_ byte: UInt8) -> Bool { !isLetter(byte) && byte < 0x80 }
        var (low, high) = (range.lowerBound, range.upperBound)
        while low < high, isMark(text[byte: low]) { low += 1 }
        while high > low, isMark(text[byte: high - 1]) { high -= 1 }
        return low..<high
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
        text.append(contentsOf: folded(part))
        text.append(0x0A)
    }

    private static func folded(_ part: String) -> [UInt8] {
        let bytes = Array(part.utf8)
        var (text, wasSpace): ([UInt8], Bool) = ([], false)
        FoldedText.append(bytes.span.bytes, marks: .kept, to: &text, wasSpace: &wasSpace)
        return text
    }

    /// Adds each line of some lists as one of its own.
    private static func append(linesOf lists: [String], to text: inout [UInt8]) {
        for list in lists { for part in list.split(separator: "\n") { append(String(part), to: &text) } }
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
        // `Invalid value for 'reasoning_effort': …`, where the value has no quotes around it.
        for line in lines(of: bytes) {
            guard let tail = tail(of: line, in: bytes), bytes.extracting(line.lowerBound..<tail.lowerBound).firstRange(of: "value") != nil,
                request.hold(bytes.extracting(tail), isMember: false)
            else { continue }
            for place in tail { blanked[place] = 0x01 }
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
