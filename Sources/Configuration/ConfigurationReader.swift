internal import Wire

/// One mapping of a configuration file, read by typed keys.
///
/// Making the reader reports every key that is not in `Key`, with the nearest valid one. A key without a value counts as absent.
struct ConfigurationReader<Key: ConfigurationKey> {
    private let values: [Key: ConfigurationValue]
    /// The mapping itself.
    let value: ConfigurationValue

    /// Opens `value`; `nil`, after a report, when it is not a mapping.
    init?(_ value: ConfigurationValue) {
        guard case .mapping(let entries) = value.node.content else {
            value.report("found \(value.node.kind)", expected: "expected a mapping of \(Self.names.joined(separator: ", "))")
            return nil
        }
        var values: [Key: ConfigurationValue] = [:]
        for entry in entries {
            let path = value.path.appending(key: entry.key)
            guard let key = Key(rawValue: entry.key) else {
                value.reporter.report(
                    at: entry.keyMark, path, found: "unknown key", expected: NearestName.suggestion(for: entry.key, among: Self.names))
                continue
            }
            guard !entry.value.isNull else { continue }
            values[key] = ConfigurationValue(node: entry.value, path: path, reporter: value.reporter)
        }
        self.values = values
        self.value = value
    }

    /// The value of `key`, if the file gives one.
    subscript(key: Key) -> ConfigurationValue? {
        values[key]
    }

    /// The value of a key that must be there; its absence is reported at the mapping.
    func required(_ key: Key) -> ConfigurationValue? {
        if let found = values[key] { return found }
        value.reporter.report(
            at: value.node.mark, value.path.appending(key: key.rawValue), found: "this key is missing", expected: "it must be given")
        return nil
    }

    private static var names: [String] { Key.allCases.map(\.rawValue) }
}
