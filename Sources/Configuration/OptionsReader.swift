internal import Wire

/// Reads a mapping of `best.yaml` by the list of its options.
///
/// Options that the file does not give, or gives a value that was reported, stay as they are. A section that is only a key
/// (`server:` with everything under it commented out) changes nothing.
struct OptionsReader {
    /// Every key path of the file, to say where a key that stands in the wrong section belongs.
    let paths: [String]
    /// Where is told what was made good of a file of an earlier version.
    let warnings: ProblemReporter

    /// Reads `value` into `options`, and checks the result for contradictions.
    func read<Options>(_ value: ConfigurationValue, by group: ConfigurationOption<Options>.Group, into options: inout Options) {
        let names = group.options.map(\.name)
        guard case .mapping(let entries) = value.node.content else {
            return value.report("found \(value.node.kind)", expected: "expected a mapping of \(names.joined(separator: ", "))")
        }
        for entry in entries {
            let path = value.path.appending(key: entry.key)
            guard let option = group.options.first(where: { $0.isNamed(entry.key) }) else {
                value.reporter.report(at: entry.keyMark, path, found: "unknown key", expected: suggestion(for: entry.key, among: names))
                continue
            }
            if entry.key == option.formerName, entries.contains(where: { $0.key == option.name }) {
                value.reporter.report(
                    at: entry.keyMark, path, found: "this is the former name of \(option.name), which is given too", expected: "expected one of them")
                continue
            }
            let entryValue = ConfigurationValue(node: entry.value, path: path, reporter: value.reporter)
            switch option.form {
            case .group where entry.value.isNull: continue
            case .group(let inner): read(entryValue, by: inner, into: &options)
            case .value(let value): value.read(entryValue, &options)
            }
        }
        for entry in entries {
            guard let option = group.options.first(where: { $0.formerName == entry.key }), let done = option.adaptFormer(&options) else { continue }
            warnings.report(
                at: entry.keyMark, value.path.appending(key: entry.key), found: "this is the former name of \(option.name)", expected: done)
        }
        for contradiction in group.check(options) {
            let option = group.options.first { $0.name == contradiction.key }
            let given = entries.first { option?.isNamed($0.key) ?? false }
            if given == nil, contradiction.isOnlyForGiven { continue }
            value.reporter.report(
                at: given?.keyMark ?? value.node.mark, value.path.appending(key: given?.key ?? contradiction.key), found: contradiction.found,
                expected: contradiction.expected)
        }
    }

    private func suggestion(for key: String, among names: [String]) -> String {
        if let nearest = NearestName.nearest(to: key, among: names) { return "did you mean \"\(nearest)\"?" }
        if let path = paths.first(where: { $0.hasSuffix(".\(key)") }) { return "did you mean \(path)?" }
        return "valid are \(names.joined(separator: ", "))"
    }
}
