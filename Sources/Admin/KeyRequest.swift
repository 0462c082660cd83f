internal import Gateway
internal import Wire

/// Reads what a request wants of a key: the members of `POST` and `PATCH /admin/keys`.
struct KeyRequest {
    private static let members = ["name", "expires_at", "models", "limits", "weight", "tags"]
    private static let limitMembers = [
        "requests_per_minute", "requests_per_day", "tokens_per_minute", "tokens_per_day", "concurrency", "budget", "budget_period",
    ]
    /// Longest name, pattern or tag in characters, and most patterns or tags.
    private static let longestText = 200
    private static let mostTexts = 100

    /// What is to be set; everything else stays, or has its default in a new key.
    private(set) var change = KeyChange()

    /// Reads the members of a body. Limits may stand in `limits` or beside `name`.
    ///
    /// - Throws: 400, naming the member and what would be right.
    init(_ body: [UInt8], at now: UnixTime) throws(GatewayError) {
        let members = try JSONBody.members(of: body)
        for name in members.keys.sorted() where !(KeyRequest.members + KeyRequest.limitMembers).contains(name) {
            throw JSONBody.unknown(name, among: KeyRequest.members + KeyRequest.limitMembers)
        }
        if let value = members["name"] { change.name = try KeyRequest.name(value) }
        if let value = members["models"] { change.models = try KeyRequest.texts(value, "models", "a list of names in which `*` stands for any text") }
        if let value = members["tags"] { change.tags = try KeyRequest.texts(value, "tags", "a list of words") }
        if let value = members["weight"] { change.weight = try KeyRequest.weight(value) }
        if let value = members["expires_at"] { change.expiresAt = .changed(try KeyRequest.time(value, now)) }
        try readLimits(members, prefix: "")
        guard let limits = members["limits"] else { return }
        switch limits {
        case .null: break
        case .object(let inner):
            for name in inner.keys.sorted() where !KeyRequest.limitMembers.contains(name) {
                throw JSONBody.unknown("limits.\(name)", among: KeyRequest.limitMembers.map { "limits.\($0)" })
            }
            try readLimits(inner, prefix: "limits.")
        default: throw JSONBody.wrong("limits", limits, "an object of limits")
        }
    }

    private mutating func readLimits(_ members: [String: JSONBody], prefix: String) throws(GatewayError) {
        if let limit = try KeyRequest.count(members, "requests_per_minute", prefix) { change.requestsPerMinute = limit }
        if let limit = try KeyRequest.count(members, "requests_per_day", prefix) { change.requestsPerDay = limit }
        if let limit = try KeyRequest.count(members, "tokens_per_minute", prefix) { change.tokensPerMinute = limit }
        if let limit = try KeyRequest.count(members, "tokens_per_day", prefix) { change.tokensPerDay = limit }
        if let limit = try KeyRequest.count(members, "concurrency", prefix) { change.concurrency = limit }
        if let value = members["budget"] {
            var dollars: Double?
            switch value {
            case .null: break
            case .integer(let number): dollars = Double(number)
            case .number(let number): dollars = number
            default: throw JSONBody.wrong(prefix + "budget", value, "US dollars, more than 0, or null")
            }
            guard let dollars else {
                change.budget = .changed(nil)
                return try readPeriod(members, prefix)
            }
            guard let money = Money(dollars: min(dollars, ForeignNumber.dollars)), money > .zero else {
                throw JSONBody.wrong(prefix + "budget", value, "US dollars, more than 0, or null")
            }
            change.budget = .changed(money)
        }
        try readPeriod(members, prefix)
    }

    private mutating func readPeriod(_ members: [String: JSONBody], _ prefix: String) throws(GatewayError) {
        guard let value = members["budget_period"] else { return }
        if case .null = value { return }
        guard case .text(let text) = value, let period = KeyLimits.BudgetPeriod(rawValue: text) else {
            let names = KeyLimits.BudgetPeriod.allCases.map { "`\($0.rawValue)`" }.joined(separator: ", ")
            throw JSONBody.wrong(prefix + "budget_period", value, "one of \(names)")
        }
        change.budgetPeriod = period
    }

    private static func name(_ value: JSONBody) throws(GatewayError) -> String {
        let expected = "a text of 1 to \(longestText) characters without control characters"
        guard case .text(let text) = value, isPlain(text) else { throw JSONBody.wrong("name", value, expected) }
        return text
    }

    private static func texts(_ value: JSONBody, _ name: String, _ expected: String) throws(GatewayError) -> [String] {
        if case .null = value { return [] }
        guard case .list(let elements) = value, elements.count <= mostTexts else {
            throw JSONBody.wrong(name, value, "\(expected), at most \(mostTexts)")
        }
        var texts: [String] = []
        for element in elements {
            guard case .text(let text) = element, isPlain(text) else {
                throw JSONBody.wrong(name, element, "\(expected), each of 1 to \(longestText) characters")
            }
            if !texts.contains(text) { texts.append(text) }
        }
        return texts
    }

    private static func weight(_ value: JSONBody) throws(GatewayError) -> Int {
        switch value {
        case .null: return KeyGrant.usualWeight
        case .integer(let number) where StoredKey.weights.contains(number): return number
        default:
            let weights = StoredKey.weights
            throw JSONBody.wrong(
                "weight", value, "a whole number of \(weights.lowerBound) to \(weights.upperBound), or null for \(KeyGrant.usualWeight)")
        }
    }

    private static func isPlain(_ text: String) -> Bool {
        !text.isEmpty && text.count <= longestText && text.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F }
            && text.contains { !$0.isWhitespace }
    }

    private static func time(_ value: JSONBody, _ now: UnixTime) throws(GatewayError) -> UnixTime? {
        let expected = "a time to come, as RFC 3339 (`2027-01-31T00:00:00Z`) or seconds since 1970, or null for never"
        let time: UnixTime? =
            switch value {
            case .text(let text): UnixTime(parsing: text)
            default: value.wholeNumber.map { UnixTime(seconds: Int64($0.clamped(to: ForeignNumber.timestamps))) }
            }
        if case .null = value { return nil }
        guard let time, time > now else { throw JSONBody.wrong("expires_at", value, expected) }
        return time
    }

    private static func count(_ members: [String: JSONBody], _ name: String, _ prefix: String) throws(GatewayError) -> KeyChange.Member<Int>? {
        guard let value = members[name] else { return nil }
        if case .null = value { return .changed(nil) }
        guard let number = value.wholeNumber, number >= 1 else {
            throw JSONBody.wrong(prefix + name, value, "a whole number of at least 1, or null for no limit")
        }
        return .changed(min(number, ForeignNumber.count))
    }
}
