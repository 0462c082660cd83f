/// One value of a YAML file with the place where it was written; aliases and merge keys are resolved.
struct YAMLNode: Sendable {
    enum Content: Sendable {
        /// A scalar; `isPlain` when it was written without quotation marks, and so may be a number, a truth value or null.
        case scalar(String, isPlain: Bool)
        case sequence([YAMLNode])
        case mapping([Entry])
    }

    struct Entry: Sendable {
        let key: String
        let keyMark: SourceMark
        let value: YAMLNode
    }

    let content: Content
    let mark: SourceMark
    /// How many nodes it is, itself and repetitions by aliases included.
    let size: Int

    init(_ content: Content, at mark: SourceMark) {
        self.content = content
        self.mark = mark
        size =
            switch content {
            case .scalar: 1
            case .sequence(let elements): elements.reduce(1) { $0 + $1.size }
            case .mapping(let entries): entries.reduce(1) { $0 + 1 + $1.value.size }
            }
    }

    /// Null by YAML's core schema (YAML 1.2.2 §10.3.2): nothing, `~` or `null`.
    static func null(at mark: SourceMark) -> YAMLNode {
        YAMLNode(.scalar("", isPlain: true), at: mark)
    }

    /// The value of `key`, if it is a mapping that has it.
    subscript(key: String) -> YAMLNode? {
        guard case .mapping(let entries) = content else { return nil }
        return entries.first { $0.key == key }?.value
    }

    /// Whether it is null; a key with a null value counts as absent.
    var isNull: Bool {
        guard case .scalar(let text, isPlain: true) = content else { return false }
        return ["", "~", "null", "Null", "NULL"].contains(text)
    }

    /// What was found, for a problem: the text itself where it may be shown, else what it is.
    var sighting: String {
        guard case .scalar(let text, let isPlain) = content, !isNull, let quoted = SafeQuotation.quoteValue(text) else { return kind }
        if isPlain { return CoreScalar.number(text) == nil && CoreScalar.boolean(text) == nil ? quoted : "\(kind), \(text)" }
        return CoreScalar.number(text) == nil && CoreScalar.boolean(text) == nil ? quoted : "\(quoted) in quotation marks"
    }

    /// What it is, for a problem: `a number`, `a list`, …
    var kind: String {
        switch content {
        case .sequence: "a list"
        case .mapping: "a mapping"
        case .scalar where isNull: "nothing"
        case .scalar(let text, isPlain: true) where CoreScalar.boolean(text) != nil: "true or false"
        case .scalar(let text, isPlain: true) where CoreScalar.number(text) != nil: "a number"
        case .scalar: "text"
        }
    }
}
