extension ModelIdentity {
    /// The longest name that is read, in bytes; the rest of a longer one is ignored.
    static let maximumNameBytes = 256

    /// Parses a provider's id or a board's name.
    public init(parsing name: String) {
        var parser = NameParser(String(decoding: name.utf8.prefix(Self.maximumNameBytes), as: UTF8.self))
        self = parser.parse()
    }
}

/// Parses one name step by step; each step removes what it recognizes.
private struct NameParser {
    private var identity = ModelIdentity(
        vendor: nil, words: [], parameters: ParameterCount(), stamp: nil, mode: nil, effort: nil, isPreview: false, quantisation: nil, serving: [],
        isComposite: false)
    private var name: String
    private var pathVendor: String?
    private var isRouter = false
    private var hasDottedPrefix = false
    private var tokens: [NameToken] = []

    init(_ name: String) { self.name = name.lowercased() }

    mutating func parse() -> ModelIdentity {
        identity.isComposite = name.joinsNames
        stripPath()
        stripDottedPrefixes()
        takeQuantisation()
        tokens = NameToken.tokens(of: name.replacingPlus().joiningDigits())
        dropRevisionOfService()
        nameFamily()
        takeDates()
        joinVersions()
        takeWords()
        applyAlias()
        return identity
    }

    /// `accounts/fireworks/models/x`, `@cf/vendor/x`, `models/x`: the last part is the name; the part before it may be the vendor.
    private mutating func stripPath() {
        let parts = name.split(separator: "/").map(String.init)
        guard let last = parts.last else { return }
        isRouter = parts.dropLast().last == "routers"
        pathVendor = parts.dropLast().last.map { String($0.drop { $0 == "~" || $0 == "@" }) }
        name = last
        while let first = name.first, first == "~" || first == "@" { name.removeFirst() }
    }

    /// `us.anthropic.claude-…`
    private mutating func stripDottedPrefixes() {
        while let dot = name.firstIndex(of: ".") {
            let prefix = String(name[..<dot])
            let rest = name[name.index(after: dot)...]
            guard NameVocabulary.dottedPrefixes.contains(prefix), let first = rest.utf8.first, !isDigit(first) else { return }
            (pathVendor, hasDottedPrefix) = (prefix, true)
            name = String(rest)
        }
    }

    /// Ollama's `q4_K_M`, `q8_0`.
    private mutating func takeQuantisation() {
        var kept: [Substring] = []
        for piece in name.split(omittingEmptySubsequences: true, whereSeparator: { $0 == "-" || $0 == ":" }) {
            if Self.isQuantisation(piece) {
                identity.quantisation = String(piece)
            } else {
                kept.append(piece)
            }
        }
        // `-v1:0` at the end of Amazon's ids counts revisions of the service.
        if kept.count >= 3, kept[kept.count - 1] == "0", let mark = kept[kept.count - 2].first, mark == "v", kept[kept.count - 2].count == 2 {
            kept.removeLast(2)
        }
        if !kept.isEmpty { name = kept.joined(separator: "-") }
    }

    /// `q4`, `q8_0`, `q4_k_m`
    private static func isQuantisation(_ piece: some StringProtocol) -> Bool {
        let bytes = Array(piece.utf8.prefix(3))
        return bytes.count >= 2 && bytes[0] == UInt8(ascii: "q") && isDigit(bytes[1]) && (bytes.count == 2 || bytes[2] == UInt8(ascii: "_"))
    }

    private mutating func dropRevisionOfService() {
        let isAmazon = hasDottedPrefix || tokens.contains { $0.text == "nova" || $0.text == "titan" }
        if isAmazon, tokens.count > 2, tokens.last?.text == "v1" { tokens.removeLast() }
    }

    /// Drops vendors' names before the name; restores the family of a name that has only its version left.
    private mutating func nameFamily() {
        while tokens.count > 1, NameVocabulary.vendors.contains(tokens[0].text) { tokens.removeFirst() }
        guard let first = tokens.first?.text else { return }
        let next = tokens.count > 1 ? tokens[1].text : ""
        if first == "gemini" && next == "gemma" || first == "qwen" && next == "qwq" || first == "open" && NameVocabulary.families[next] == "mistral" {
            tokens.removeFirst()
        } else if first.first == "k", first.hasPrefix("k2") {
            tokens.insert(NameToken(text: "kimi"), at: 0)
        } else if pathVendor == "deepseek", first.hasPrefix("r1") || first.hasPrefix("v3") {
            tokens.insert(NameToken(text: "deepseek"), at: 0)
        }
        identity.vendor = tokens.lazy.compactMap { NameVocabulary.families[$0.text] }.first ?? pathVendor
        if tokens.contains(where: { $0.text == "nemotron" }) { identity.vendor = "nvidia" }
    }

    private mutating func takeDates() {
        var kept: [NameToken] = []
        var place = 0
        func integer(_ at: Int, digits: Int) -> Int? {
            guard at < tokens.count, tokens[at].isInteger, tokens[at].text.utf8.count == digits else { return nil }
            return Int(tokens[at].text)
        }
        while place < tokens.count {
            let token = tokens[place]
            var stamp: DateStamp?
            var length = 1
            if let year = integer(place, digits: 4), (2020...2099).contains(year), let month = integer(place + 1, digits: 2) {
                if let day = integer(place + 2, digits: 2) {
                    (stamp, length) = (DateStamp(year: year, month: month, day: day), 3)
                } else {
                    (stamp, length) = (DateStamp(year: year, month: month), 2)
                }
            } else if let month = integer(place, digits: 2), let year = integer(place + 1, digits: 4), (2020...2099).contains(year) {
                (stamp, length) = (DateStamp(year: year, month: month), 2)
            } else if let month = integer(place, digits: 2), let day = integer(place + 1, digits: 2), kept.count > 1 {
                (stamp, length) = (DateStamp(month: month, day: day), 2)
                if stamp == nil, (23...29).contains(month) { stamp = DateStamp(year: 2000 + month, month: day) }
            } else if let month = NameVocabulary.months[token.text], let year = integer(place + 1, digits: 4) {
                (stamp, length) = (DateStamp(year: year, month: month), 2)
            } else if token.isInteger, token.text.utf8.count > 2, !kept.isEmpty {
                stamp = DateStamp(digits: token.text)
            } else if let dot = token.text.firstIndex(of: "."), kept.count == 1, token.text.utf8.count == 5, let year = Int(token.text[..<dot]),
                (23...29).contains(year), let month = Int(token.text[token.text.index(after: dot)...])
            {
                // Codestral 25.01
                stamp = DateStamp(year: 2000 + year, month: month)
            }
            if let stamp {
                identity.stamp = identity.stamp ?? stamp
                place += length
            } else {
                // A run of digits that is not a date is a context length (`llama3-70b-8192`) or an unrelated
                // year.
                if !(token.isInteger && token.text.utf8.count >= 4) { kept.append(token) }
                place += 1
            }
        }
        tokens = kept
    }

    /// `4-5` → `4.5`, `k2-6` → `k2.6`; and one spelling for each number.
    private mutating func joinVersions() {
        var joined: [NameToken] = []
        var place = 0
        while place < tokens.count {
            var token = tokens[place]
            if place + 1 < tokens.count, Self.isVersionHead(token.text), tokens[place + 1].isInteger, tokens[place + 1].text.utf8.count <= 2,
                token.isRemark == tokens[place + 1].isRemark
            {
                token.text += "." + tokens[place + 1].text
                place += 1
            }
            token.text = Self.normalised(token.text)
            joined.append(token)
            place += 1
        }
        tokens = joined
    }

    /// One or two digits, alone or after one letter.
    private static func isVersionHead(_ text: String) -> Bool {
        let digits = text.utf8.drop { !isDigit($0) }
        return text.utf8.count - digits.count <= 1 && (1...2).contains(digits.count) && digits.allSatisfy(isDigit)
            && text.utf8.first != UInt8(ascii: "o")
    }

    /// `4.0` is `4`, `4.20` is `4.2`, `v03` is `v0.3`.
    private static func normalised(_ text: String) -> String {
        var text = text
        if text.utf8.count == 3, text.hasPrefix("v0") { return "v0." + text.suffix(1) }
        guard text.utf8.contains(UInt8(ascii: ".")), let last = text.utf8.last, isDigit(last) else { return text }
        while text.hasSuffix("0") { text.removeLast() }
        if text.hasSuffix(".") { text.removeLast() }
        return text
    }

    private mutating func takeWords() {
        var words: [String] = []
        var sawInstruct = false
        let family = tokens.first?.text ?? ""
        let isSizeless = tokens.contains { $0.text == "maverick" || $0.text == "scout" }
        var place = 0
        while place < tokens.count {
            let token = tokens[place], text = token.text
            let next = place + 1 < tokens.count ? tokens[place + 1].text : ""
            place += 1
            if text == "instruct" { sawInstruct = true }
            if takeMode(text, next, family, &place, token.isRemark) || takeServing(text, next, family, sawInstruct) { continue }
            if isSizeless, text.last == "e", text.dropLast().allSatisfy(\.isNumber) { continue }
            if text.utf8.contains(where: isDigit), identity.parameters.take(text) { continue }
            if NameVocabulary.quantisations.contains(text) || Self.isQuantisation(text) {
                identity.quantisation = text
            } else if text == "preview" || text == "experimental" {
                identity.isPreview = text == "preview"
            } else if NameVocabulary.noise.contains(text), place > 1, text != "instruct" || family != "gpt" {
                if text == "free" || text == "beta" || text == "nitro" { identity.serving.append(text) }
            } else if text == "base", identity.vendor == "anthropic" {
                identity.mode = identity.mode ?? .direct
            } else if token.isRemark, ReasoningEffort(word: text) == nil, !text.utf8.contains(where: isDigit) {
                continue  // settings in parentheses: `temperature`, `default`
            } else if token.isRemark, text.utf8.allSatisfy({ isDigit($0) || $0 == UInt8(ascii: ".") }) || text.hasSuffix("k") {
                continue
            } else if !words.contains(text) {
                words.append(text)
            }
        }
        if isSizeless { identity.parameters = ParameterCount() }
        // `deepseek-chat` is a complete name; `deepseek-chat-v3` is `deepseek-v3`. OpenAI's chat models are
        // models of their own.
        if family != "gpt", words.count > 2 || words.count == 2 && identity.parameters.text != nil { words.removeAll { $0 == "chat" } }
        if !["deepseek", "mimo"].contains(family) { words = words.map(Self.withoutVersionMark) }
        identity.words = Self.ordered(words)
    }

    /// `v2.1` is `2.1`.
    private static func withoutVersionMark(_ word: String) -> String {
        guard word.first == "v", word.utf8.count > 1, word.utf8.dropFirst().allSatisfy({ isDigit($0) || $0 == UInt8(ascii: ".") }) else {
            return word
        }
        return String(word.dropFirst())
    }

    /// Modes and efforts; `place` is the token after `text`.
    private mutating func takeMode(_ text: String, _ next: String, _ family: String, _ place: inout Int, _ isRemark: Bool) -> Bool {
        let thinking: Set<String> = ["thinking", "reasoning", "reasoner", "think"]
        switch text {
        case "non", "no", "without":
            guard thinking.contains(next) else { return false }
            (identity.mode, place) = (.direct, place + 1)
        case "nothinking", "nothink", "nonreasoning": identity.mode = .direct
        case "highthinking": (identity.mode, identity.effort) = (.thinking, .high)
        case _ where thinking.contains(text):
            // `high reasoning` and `reasoning=low` refer to the effort.
            if let effort = ReasoningEffort(word: next), isRemark {
                (identity.effort, place) = (effort, place + 1)
            } else if isRemark, identity.effort != nil {
                return true
            } else {
                identity.mode = .thinking
                // `thinking-32k`: the budget.
                if next.hasSuffix("k"), next.dropLast().allSatisfy(\.isNumber) { place += 1 }
            }
        case "minimal", "xhigh", "low", "high": identity.effort = ReasoningEffort(word: text)
        case "medium", "med":
            let takesEffort = isRemark || ["gpt", "o1", "o3", "o4", "claude", "grok"].contains(family)
            guard takesEffort else { return false }
            identity.effort = .medium
        case "max":
            guard isRemark || next == "effort" else { return false }
            identity.effort = .max
        default: return false
        }
        return true
    }

    /// Vendors' second names.
    private mutating func applyAlias() {
        guard identity.stamp == nil || identity.parameters.total != nil || identity.words.count > 2 else { return }
        for alias in NameVocabulary.secondNames where alias.words == identity.words {
            guard alias.sizes.isEmpty || alias.sizes.contains(identity.parameters.text ?? "") else { continue }
            identity.words.removeAll { $0 == alias.version }
            if !alias.keepsSize { identity.parameters = ParameterCount() }
            identity.stamp = identity.stamp ?? alias.stamp
        }
    }

    /// Words that say how the model is served.
    private mutating func takeServing(_ text: String, _ next: String, _ family: String, _ sawInstruct: Bool) -> Bool {
        let isServing =
            switch text {
            case "turbo":
                family != "gpt" && sawInstruct || isRouter || next == "tee" || ["deepseek", "llama", "gemma"].contains(family)
                    || identity.parameters.total != nil
                    || family == "glm" && tokens.contains { $0.text == "4.5" }
            case "fast": isRouter || ["claude", "glm", "kimi", "deepseek"].contains(family)
            case "lite", "reference": sawInstruct
            case "tee": true
            case "instant": family == "llama"
            default: false
            }
        if isServing { identity.serving.append(text) }
        return isServing
    }

    /// Two numbers that end up side by side would be read as one version the next time. So they are joined from
    /// the start, and a canonical name stands for the identity it was made from.
    private static func joined(_ words: [String]) -> [String] {
        var joined: [String] = []
        for word in words {
            if let last = joined.last, isVersionHead(last), word.utf8.count <= 2, word.utf8.allSatisfy(isDigit) {
                joined[joined.count - 1] = normalised(last + "." + word)
            } else {
                joined.append(word)
            }
        }
        return joined
    }

    /// Family first, then numbers for all but Claude (`claude-opus-4.5`), then the rest; sorted, so that the
    /// order in the name does not matter.
    private static func ordered(_ words: [String]) -> [String] {
        let known = words.filter { NameVocabulary.families[$0] != nil }
        let family = known.first ?? words.first
        let rest = words.filter { $0 != family }.sorted { ($0.utf8.count == 1 ? 0 : 1, $0) < ($1.utf8.count == 1 ? 0 : 1, $1) }
        func isVersion(_ word: String) -> Bool { word.utf8.contains(where: isDigit) && word.last != "k" }
        let (numbers, others) = (rest.filter(isVersion), rest.filter { !isVersion($0) })
        let head = family.map { [$0] } ?? []
        return joined(family == "claude" ? head + others + numbers : head + numbers + others)
    }
}

extension String {
    /// Whether a plus sign between spaces joins two names (`A + B`).
    fileprivate var joinsNames: Bool {
        let bytes = Array(utf8)
        return bytes.indices.contains {
            bytes[$0] == UInt8(ascii: "+") && $0 > 0 && bytes[$0 - 1] == 0x20 && $0 + 1 < bytes.count && bytes[$0 + 1] == 0x20
        }
    }

    /// `llama-3_1` is `llama-3.1`.
    fileprivate func joiningDigits() -> String {
        var bytes = Array(utf8)
        for place in bytes.indices.dropFirst().dropLast() where bytes[place] == UInt8(ascii: "_") {
            if isDigit(bytes[place - 1]), isDigit(bytes[place + 1]) { bytes[place] = UInt8(ascii: ".") }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// `command-r+` is `command-r-plus`.
    fileprivate func replacingPlus() -> String {
        var text = ""
        for character in self { text += character == "+" ? "-plus-" : String(character) }
        return text
    }
}
