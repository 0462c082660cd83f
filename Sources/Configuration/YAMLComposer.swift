internal import Yams

/// Turns Yams' nodes into ours: resolves aliases and merge keys within bounds, reports repeated keys and what is not supported.
struct YAMLComposer {
    private let source: YAMLSource
    private let reporter: ProblemReporter
    private var anchors: [String: YAMLNode] = [:]
    private var aliasedNodes = 0
    private var isOverfull = false

    init(source: YAMLSource, reporter: ProblemReporter) {
        self.source = source
        self.reporter = reporter
    }

    /// The node as ours. Children are visited in the order of the file, so an alias sees the last anchor before it.
    mutating func compose(_ node: Node, at path: ConfigurationPath = .root, depth: Int = 1) -> YAMLNode {
        let mark = node.mark.map { SourceMark(line: $0.line, column: $0.column) } ?? .start
        guard depth <= ConfigurationLimits.maximumDepth else {
            report(at: mark, path, found: "nested more than \(ConfigurationLimits.maximumDepth) levels deep", expected: "use fewer levels")
            return .null(at: mark)
        }
        let composed: YAMLNode
        switch node {
        case .scalar(let scalar):
            if scalar.style == .plain, let name = source.aliasName(scalar.string) {
                if scalar.anchor != nil { report(at: mark, path, found: "an anchor on an alias", expected: "use one or the other") }
                return resolve(name, at: mark, path)
            }
            composed = compose(scalar, at: mark, path)
        case .sequence(let sequence):
            checkTag(sequence.tag, at: mark, path)
            var elements: [YAMLNode] = []
            for (index, element) in sequence.enumerated() { elements.append(compose(element, at: path.appending(index: index), depth: depth + 1)) }
            composed = YAMLNode(.sequence(elements), at: mark)
        case .mapping(let mapping):
            checkTag(mapping.tag, at: mark, path)
            composed = YAMLNode(.mapping(entries(of: mapping, at: path, depth: depth)), at: mark)
        case .alias:
            // Yams' parser never makes this case, and no `*` reaches it.
            report(at: mark, path, found: "an alias", expected: "write the value itself")
            composed = .null(at: mark)
        }
        if let anchor = node.anchor { anchors[anchor.rawValue] = composed }
        return composed
    }

    private func compose(_ scalar: Node.Scalar, at mark: SourceMark, _ path: ConfigurationPath) -> YAMLNode {
        checkTag(scalar.tag, at: mark, path)
        // A quoted scalar arrives with the tag of text too; on a plain one the author wrote it.
        let isPlain = scalar.style == .plain && scalar.tag.rawValue != Tag.Name.str.rawValue
        return YAMLNode(.scalar(source.restored(scalar.string), isPlain: isPlain), at: mark)
    }

    private mutating func entries(of mapping: Node.Mapping, at path: ConfigurationPath, depth: Int) -> [YAMLNode.Entry] {
        var entries: [YAMLNode.Entry] = []
        var merged: [YAMLNode.Entry] = []
        var repeated: [(name: String, mark: SourceMark)] = []
        for (keyNode, valueNode) in mapping {
            let keyMark = keyNode.mark.map { SourceMark(line: $0.line, column: $0.column) } ?? .start
            if let name = source.maskedKeys[keyMark] {
                repeated.append((name, keyMark))
                // Only for the anchors in it.
                _ = compose(valueNode, at: path.appending(key: name), depth: depth + 1)
                continue
            }
            guard case .scalar(let scalar) = keyNode, scalar.style != .plain || source.aliasName(scalar.string) == nil else {
                report(at: keyMark, path, found: "a key that is not a plain word", expected: "expected the name of an option")
                continue
            }
            let key = source.restored(scalar.string)
            let keyPath = path.appending(key: key)
            let value = compose(valueNode, at: keyPath, depth: depth + 1)
            if let anchor = scalar.anchor { anchors[anchor.rawValue] = YAMLNode(.scalar(key, isPlain: scalar.style == .plain), at: keyMark) }
            if key == "<<", scalar.style == .plain {
                merged += entriesToMerge(value, keyPath)
            } else {
                entries.append(YAMLNode.Entry(key: key, keyMark: keyMark, value: value))
            }
        }
        reportRepetitions(repeated, of: entries, path)
        // Own keys win over merged ones, and earlier merged ones over later (https://yaml.org/type/merge.html).
        var names = Set(entries.map(\.key))
        for entry in merged where names.insert(entry.key).inserted { entries.append(entry) }
        return entries
    }

    private func entriesToMerge(_ value: YAMLNode, _ path: ConfigurationPath) -> [YAMLNode.Entry] {
        switch value.content {
        case .mapping(let entries): return entries
        case .sequence(let elements):
            return elements.flatMap { element -> [YAMLNode.Entry] in
                if case .mapping(let entries) = element.content { return entries }
                report(at: element.mark, path, found: "found \(element.kind)", expected: "expected a mapping to merge")
                return []
            }
        case .scalar:
            report(at: value.mark, path, found: "found \(value.kind)", expected: "expected a mapping to merge")
            return []
        }
    }

    private func reportRepetitions(_ repeated: [(name: String, mark: SourceMark)], of entries: [YAMLNode.Entry], _ path: ConfigurationPath) {
        var first: [String: Int] = [:]
        let places = repeated + entries.map { ($0.key, $0.keyMark) }.filter { entry in repeated.contains { $0.name == entry.0 } }
        for (name, mark) in places.sorted(by: { ($0.1.line, $0.1.column) < ($1.1.line, $1.1.column) }) {
            if let line = first[name] {
                report(at: mark, path.appending(key: name), found: "duplicate key", expected: "it was given on line \(line) already; keep one")
            } else {
                first[name] = mark.line
            }
        }
    }

    private mutating func resolve(_ name: String, at mark: SourceMark, _ path: ConfigurationPath) -> YAMLNode {
        guard let target = anchors[name] else {
            report(at: mark, path, found: "an alias without an anchor before it", expected: "define the anchor first, or write the value")
            return .null(at: mark)
        }
        aliasedNodes += target.size
        guard aliasedNodes <= ConfigurationLimits.maximumAliasedNodes else {
            if !isOverfull {
                report(
                    at: mark, path, found: "aliases repeat more than \(ConfigurationLimits.maximumAliasedNodes) values",
                    expected: "write the values out, or fewer of them")
            }
            isOverfull = true
            return .null(at: mark)
        }
        return target
    }

    /// Explicit tags: the core schema's own are harmless, all others would ask for types that do not exist here.
    private func checkTag(_ tag: Tag, at mark: SourceMark, _ path: ConfigurationPath) {
        let known: Set<Tag.Name> = [.implicit, .nonSpecific, .str, .seq, .map, .bool, .int, .float, .null]
        guard !known.contains(Tag.Name(rawValue: tag.rawValue)) else { return }
        report(at: mark, path, found: "a tag (!…)", expected: "write the value without it")
    }

    private func report(at mark: SourceMark, _ path: ConfigurationPath, found: String, expected: String) {
        reporter.report(at: mark, path, found: found, expected: expected)
    }
}
