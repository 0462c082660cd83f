internal import Gateway
internal import Wire

/// One value of a configuration file with its key path, and the typed ways to read it.
///
/// Each way returns `nil` after a report when the value is not of that type or out of bounds. A text value is never repeated in a
/// report unless it is one of a short list of words, because it may be a credential in the wrong place.
struct ConfigurationValue {
    let node: YAMLNode
    let path: ConfigurationPath
    let reporter: ProblemReporter

    /// Whether it is `null`, which an option that may be unset accepts.
    var isNull: Bool { node.isNull }

    /// Whether it is `[]`.
    var isEmptyList: Bool {
        guard case .sequence(let nodes) = node.content else { return false }
        return nodes.isEmpty
    }

    func report(_ found: String, expected: String) {
        reporter.report(at: node.mark, path, found: found, expected: expected)
    }

    /// Text of 1 to `limit` characters without control characters.
    func text(_ expected: String = "text", atMost limit: Int = ConfigurationLimits.maximumText) -> String? {
        guard case .scalar(let text, let isPlain) = node.content else { return mismatch(expected) }
        if isPlain, CoreScalar.boolean(text) != nil || CoreScalar.number(text) != nil || node.isNull {
            report("found \(node.kind)", expected: "expected \(expected); put it in quotation marks if it is meant")
            return nil
        }
        return checked(text, expected, atMost: limit)
    }

    /// Text, or a plain number or truth value as it is spelt.
    func spelling(_ expected: String, atMost limit: Int = ConfigurationLimits.maximumText) -> String? {
        guard case .scalar(let text, _) = node.content else { return mismatch(expected) }
        return checked(text, expected, atMost: limit)
    }

    /// `true` or `false`.
    func boolean() -> Bool? {
        guard let text = plain, let value = CoreScalar.boolean(text) else { return mismatch("true or false") }
        return value
    }

    /// A whole number in `range`.
    func integer(in range: ClosedRange<Int>) -> Int? {
        let expected = "a whole number in \(range.lowerBound)...\(range.upperBound)"
        guard let text = plain, let number = CoreScalar.number(text) else { return mismatch(expected) }
        guard let value = CoreScalar.integer(text), range.contains(value) else {
            report("found \(spelt(number))", expected: "expected \(expected)")
            return nil
        }
        return value
    }

    /// A number in `range`.
    func number(in range: ClosedRange<Double>) -> Double? {
        let expected = "a number in \(spelt(range.lowerBound))...\(spelt(range.upperBound))"
        guard let text = plain, let value = CoreScalar.number(text) else { return mismatch(expected) }
        guard range.contains(value) else {
            report("found \(spelt(value))", expected: "expected \(expected)")
            return nil
        }
        return value
    }

    /// A span of time: a number of seconds, or text like `500ms`, `5s`, `1m30s`.
    func duration(in range: ClosedRange<Duration>) -> Duration? {
        let bounds = "\(DurationText.describe(range.lowerBound)) to \(DurationText.describe(range.upperBound))"
        let expected = "a time of \(bounds): a number of seconds, or text like 500ms, 5s, 1m30s"
        guard case .scalar(let text, _) = node.content, let value = DurationText.parse(text) else { return mismatch(expected) }
        guard range.contains(value) else {
            report("found \(DurationText.describe(value))", expected: "expected \(expected)")
            return nil
        }
        return value
    }

    /// A number of bytes: a whole number, or text like `64KiB`, `32MiB`, `1GiB`.
    func byteCount(in range: ClosedRange<Int>) -> Int? {
        let expected =
            "a size of \(ByteCountText.spell(range.lowerBound)) to \(ByteCountText.spell(range.upperBound)): bytes, or text like 64KiB, 32MiB"
        guard case .scalar(let text, _) = node.content, let count = ByteCountText.parse(text) else { return mismatch(expected) }
        guard range.contains(count) else {
            report("found \(ByteCountText.spell(count))", expected: "expected \(expected)")
            return nil
        }
        return count
    }

    /// One of a few words.
    func choice(of words: [String]) -> String? {
        let expected = "one of \(words.joined(separator: ", "))"
        guard case .scalar(let text, _) = node.content, !node.isNull else { return mismatch(expected) }
        guard words.contains(text) else {
            let hint = NearestName.nearest(to: text, among: words).map { "did you mean \"\($0)\"?" } ?? "expected \(expected)"
            report("found \(node.sighting)", expected: hint)
            return nil
        }
        return text
    }

    /// One case of an enumeration, by its raw value.
    func choice<Choice: RawRepresentable<String> & CaseIterable>(_ type: Choice.Type) -> Choice? {
        choice(of: Choice.allCases.map(\.rawValue)).flatMap(Choice.init)
    }

    /// An `http` or `https` URL.
    func url() -> HTTPURL? {
        let expected = "expected http:// or https://, a host, and if need be a port and a path"
        guard let text = text("a URL", atMost: HTTPURL.maximumLength) else { return nil }
        do {
            return try HTTPURL(parsing: text)
        } catch {
            report("the URL \(error)", expected: expected)
            return nil
        }
    }

    /// The elements of a list of 1 to `limit` elements; where `orSingle`, one value that is not a list stands for a list of one.
    func elements(atMost limit: Int = ConfigurationLimits.maximumEntries, orSingle: Bool = false) -> [ConfigurationValue]? {
        guard case .sequence(let nodes) = node.content else {
            if orSingle, case .scalar = node.content { return [self] }
            return mismatch(orSingle ? "text or a list" : "a list")
        }
        guard (1...limit).contains(nodes.count) else {
            report("found a list of \(nodes.count)", expected: nodes.isEmpty ? "leave the key out instead" : "expected at most \(limit) elements")
            return nil
        }
        return nodes.enumerated().map { ConfigurationValue(node: $1, path: path.appending(index: $0), reporter: reporter) }
    }

    /// The pairs of a mapping with keys of the user's own.
    func pairs(atMost limit: Int = ConfigurationLimits.maximumEntries) -> [(key: String, value: ConfigurationValue)]? {
        guard case .mapping(let entries) = node.content else { return mismatch("a mapping") }
        guard entries.count <= limit else {
            report("found \(entries.count) keys", expected: "expected at most \(limit)")
            return nil
        }
        return entries.map { ($0.key, ConfigurationValue(node: $0.value, path: path.appending(key: $0.key), reporter: reporter)) }
    }

    private var plain: String? {
        guard case .scalar(let text, isPlain: true) = node.content else { return nil }
        return text
    }

    private func checked(_ text: String, _ expected: String, atMost limit: Int) -> String? {
        guard (1...limit).contains(text.unicodeScalars.count) else {
            report(text.isEmpty ? "found empty text" : "found more than \(limit) characters", expected: "expected \(expected)")
            return nil
        }
        guard !text.unicodeScalars.contains(where: { $0.properties.generalCategory == .control }) else {
            report("found a line end or another control character", expected: "expected \(expected) on one line")
            return nil
        }
        return text
    }

    private func mismatch<Value>(_ expected: String) -> Value? {
        report("found \(node.sighting)", expected: "expected \(expected)")
        return nil
    }

    private func spelt(_ number: Double) -> String {
        Int(exactly: number).map(String.init) ?? String(number)
    }
}
