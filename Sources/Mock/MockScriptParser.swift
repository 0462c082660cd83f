internal import Wire

/// Reads the items of a script into a behaviour. The keys are documented at `MockBehaviour.init(parsing:)`.
struct MockScriptParser {
    private(set) var behaviour: MockBehaviour
    private var replacesFaults = true
    private var replacesHints = true

    /// The keys, in the order of the documentation.
    private static let keys: Set<String> = [
        "ttft", "rate", "gap", "delay", "early-head", "tokens", "bytes", "event", "reply", "batch", "big", "flood", "dims", "content", "usage",
        "finish", "reasoning", "tool", "role-first", "crlf", "comments", "split", "nofinish", "nodone", "nostream", "close", "status", "fail",
        "reset", "stall", "cut", "error-event", "malformed", "empty", "ok", "times", "at", "body", "retry-after", "code", "message", "quota",
        "window", "field", "mutter",
        "chunks", "delay_ms", "chunk_bytes", "ttft_ms", "reply_bytes", "reply_ms", "fail_429", "fail_500", "reset_mid",
    ]

    /// The most bytes of one event or one whole answer: 256 MiB, since it is held in memory.
    private static let mostBytes = 256 * 1024 * 1024

    init(_ behaviour: MockBehaviour) { self.behaviour = behaviour }

    static func isKey(_ text: some StringProtocol) -> Bool { keys.contains(String(text)) }

    /// Reads one item.
    mutating func take(_ item: some StringProtocol) throws(MockScriptError) {
        let equals = item.firstIndex(of: "=")
        let key = String(item[..<(equals ?? item.endIndex)])
        var value: String?
        if let equals { value = try Self.decode(item[item.index(after: equals)...], key: key) }
        if try takeTime(key, value) { return }
        if try takeSize(key, value) { return }
        if try takeForm(key, value) { return }
        if try takeFailure(key, value) { return }
        throw MockScriptError(key: key, "no such key")
    }

    private mutating func takeTime(_ key: String, _ value: String?) throws(MockScriptError) -> Bool {
        switch key {
        case "ttft", "ttft_ms": behaviour.timeToFirstToken = try distribution(key, value)
        case "rate": behaviour.pace = .rate(try distribution(key, value))
        case "gap", "delay_ms": behaviour.pace = .gap(try distribution(key, value))
        case "delay", "reply_ms": behaviour.delay = try distribution(key, value)
        case "early-head": behaviour.headIsEarly = try flag(key, value)
        default: return false
        }
        return true
    }

    private mutating func takeSize(_ key: String, _ value: String?) throws(MockScriptError) -> Bool {
        switch key {
        case "tokens", "chunks": behaviour.tokens = try distribution(key, value)
        case "bytes": behaviour.contentBytes = try number(key, value, 0...Self.mostBytes)
        case "event", "chunk_bytes": behaviour.eventBytes = try number(key, value, 0...Self.mostBytes)
        case "reply", "reply_bytes": behaviour.replyBytes = try number(key, value, 0...Self.mostBytes)
        case "batch": behaviour.batch = try number(key, value, 1...100_000)
        case "big": behaviour.hugeBytes = try number(key, value, 0...Self.mostBytes)
        case "flood": behaviour.floodBytes = try number(key, value, 0...Int(1) << 50)
        case "dims": behaviour.dimensions = try number(key, value, 1...MockRequestBody.mostDimensions)
        default: return false
        }
        return true
    }

    private mutating func takeForm(_ key: String, _ value: String?) throws(MockScriptError) -> Bool {
        switch key {
        case "content": behaviour.content = try choice(key, value)
        case "usage": behaviour.usage = value == "1" ? .always : value == "0" ? .never : try choice(key, value)
        case "finish": behaviour.finishReason = try text(key, value)
        case "reasoning": behaviour.reasoningChunks = try value == nil ? 3 : number(key, value, 0...1_000_000)
        case "tool": behaviour.tool = value == nil || value == "1" ? "mock_tool" : value == "0" ? "" : try text(key, value)
        case "role-first": behaviour.roleComesFirst = try flag(key, value)
        case "crlf": behaviour.usesCRLF = try flag(key, value)
        case "comments": behaviour.commentEvery = try number(key, value, 0...1_000_000)
        case "split": behaviour.splitsEvents = try flag(key, value)
        case "nofinish": behaviour.omitsFinish = try flag(key, value)
        case "nodone": behaviour.omitsDone = try flag(key, value)
        case "nostream": behaviour.ignoresStream = try flag(key, value)
        case "close": behaviour.closesConnection = try flag(key, value)
        case "mutter": behaviour.mutterMilliseconds = try number(key, value, 0...3_600_000)
        case "field":
            let line = try text(key, value)
            guard let colon = line.firstIndex(of: ":"), colon > line.startIndex, !line.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F }) else {
                throw MockScriptError(key: key, "wants name:value")
            }
            behaviour.fields.append("\(line[..<colon]): \(line[line.index(after: colon)...])")
        default: return false
        }
        return true
    }

    private mutating func takeFailure(_ key: String, _ value: String?) throws(MockScriptError) -> Bool {
        switch key {
        case "status", "fail":
            try add(key, value) { text in Int(text).flatMap { (200...599).contains($0) ? .status($0) : nil } }
        case "reset": try add(key, value) { text in MockFault.Point(text).map { .reset($0) } }
        case "stall": try add(key, value) { text in MockFault.Point(text).map { .stall($0) } }
        case "cut": try add(key, value) { text in MockFault.Point(text).flatMap { $0 == .head ? nil : .cut($0) } }
        case "error-event": try add(key, value) { text in MockFault.Point(text).flatMap { $0 == .head ? nil : .errorEvent($0) } }
        case "malformed": try add(key, value) { text in MockFault.Malformation(rawValue: text).map { .malformed($0) } }
        case "empty": try add(key, value ?? "choices") { text in MockFault.Emptiness(rawValue: text).map { .empty($0) } }
        case "fail_429": addFault(MockFault(.status(429), probability: try perMille(key, value)))
        case "fail_500": addFault(MockFault(.status(500), probability: try perMille(key, value)))
        case "reset_mid": addFault(MockFault(.reset(.half), probability: try perMille(key, value)))
        case "ok":
            if try flag(key, value) { (behaviour.faults, behaviour.quota) = ([], nil) }
        case "times": behaviour.faultyRequests = try number(key, value, 0...Int.max)
        case "at": behaviour.position = try number(key, value, 0...1_000_000)
        case "body": behaviour.errorShape = try choice(key, value)
        case "window": behaviour.limitWindow = try choice(key, value)
        case "retry-after":
            guard let hint = MockRetryHint(value ?? "") else {
                throw MockScriptError(key: key, "wants seconds, or a dialect and seconds as in date:7")
            }
            if replacesHints { behaviour.retryHints = [] }
            replacesHints = false
            behaviour.retryHints.append(hint)
        case "code": behaviour.errorCode = try text(key, value)
        case "message": behaviour.errorMessage = try text(key, value)
        case "quota":
            guard let quota = MockQuota(value ?? "") else {
                throw MockScriptError(key: key, "wants requests/seconds as in 5/60, rolling:5/60 or account:aligned:5/60")
            }
            behaviour.quota = quota
        default: return false
        }
        return true
    }

    // MARK: Values

    /// Reads a failure, with or without a leading probability.
    private mutating func add(_ key: String, _ value: String?, _ parse: (String) -> MockFault.Kind?) throws(MockScriptError) {
        guard let value else { throw MockScriptError(key: key, "wants a value") }
        let parts = value.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        let probability = parts.count == 2 ? MockDistribution.number(parts[0]) : 1
        guard let probability, probability <= 1, let kind = parse(String(parts[parts.count - 1])) else {
            throw MockScriptError(key: key, "`\(value)` is not among its values, or its probability is not from 0 to 1")
        }
        addFault(MockFault(kind, probability: probability))
    }

    private mutating func addFault(_ fault: MockFault) {
        if replacesFaults { behaviour.faults = [] }
        replacesFaults = false
        behaviour.faults.append(fault)
    }

    private func perMille(_ key: String, _ value: String?) throws(MockScriptError) -> Double {
        Double(try number(key, value, 0...1000)) / 1000
    }

    private func distribution(_ key: String, _ value: String?) throws(MockScriptError) -> MockDistribution {
        guard let value, let result = MockDistribution(value) else {
            throw MockScriptError(key: key, "wants a number, exp:50, uniform:10-90 or lognormal:50/0.5")
        }
        return result
    }

    private func number(_ key: String, _ value: String?, _ range: ClosedRange<Int>) throws(MockScriptError) -> Int {
        guard let value, let result = Int(value), range.contains(result) else {
            throw MockScriptError(key: key, "wants a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return result
    }

    private func flag(_ key: String, _ value: String?) throws(MockScriptError) -> Bool {
        switch value {
        case nil, "1", "true": true
        case "0", "false": false
        default: throw MockScriptError(key: key, "wants no value, 1 or 0")
        }
    }

    private func choice<Choice: RawRepresentable<String> & CaseIterable>(_ key: String, _ value: String?) throws(MockScriptError) -> Choice {
        guard let value, let result = Choice(rawValue: value) else {
            throw MockScriptError(key: key, "wants one of \(Choice.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        return result
    }

    private func text(_ key: String, _ value: String?) throws(MockScriptError) -> String {
        guard let value else { throw MockScriptError(key: key, "wants a value") }
        return value
    }

    /// Replaces `%XX` by the byte it stands for (RFC 3986 §2.1).
    private static func decode(_ text: some StringProtocol, key: String) throws(MockScriptError) -> String {
        guard text.contains("%") else { return String(text) }
        var bytes: [UInt8] = []
        var rest = text.utf8.makeIterator()
        while let byte = rest.next() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard let high = rest.next().flatMap(hexadecimal), let low = rest.next().flatMap(hexadecimal) else {
                throw MockScriptError(key: key, "wants two hexadecimal digits after %")
            }
            bytes.append(high << 4 | low)
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The value of a hexadecimal digit.
    static func hexadecimal(_ digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
