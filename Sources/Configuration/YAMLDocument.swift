internal import Yams

/// A YAML file, read as far as it can be read.
///
/// It never stops at the first thing that is wrong if what follows can be made sense of, and bounds what a hostile file can cost:
/// see `ConfigurationLimits`.
struct YAMLDocument {
    /// The document's content; `nil` when the file is empty, or could not be read (then there is a problem).
    let root: YAMLNode?

    /// Parses `bytes` and reports all that is wrong with them as YAML.
    init(_ bytes: [UInt8], _ reporter: ProblemReporter) {
        root = Self.read(bytes, reporter)
    }

    private static func read(_ bytes: [UInt8], _ reporter: ProblemReporter) -> YAMLNode? {
        guard let text = SourceText.decode(bytes, reporter) else { return nil }
        guard var source = YAMLSource(text) else {
            reporter.report(at: .start, found: "the file uses every private-use character", expected: "remove them")
            return nil
        }
        if let mark = source.placeOfSurplusExplicitKey {
            reporter.report(
                at: mark, found: "more than \(ConfigurationLimits.maximumExplicitKeys) keys that begin with ?", expected: "write keys as name: value")
            return nil
        }
        var parsedBytes = 0
        while true {
            parsedBytes += bytes.count
            do {
                let parser = try Parser(yaml: source.text, resolver: .basic)
                let root = try parser.singleRoot()
                var composer = YAMLComposer(source: source, reporter: reporter)
                // Nodes refer to their anchors weakly; the parser owns them.
                return withExtendedLifetime(parser) { root.map { composer.compose($0) } }
            } catch YamlError.duplicatedKeysInMapping(let names, let context) {
                let mark = SourceMark(line: context.mark.line, column: context.mark.column)
                let name = names.first ?? ""
                if parsedBytes < ConfigurationLimits.maximumParsedBytes, source.maskKey(name, at: mark) { continue }
                reporter.report(
                    at: mark, .root.appending(key: source.restored(name)), found: "duplicate key",
                    expected: "keep one of them; the rest of the file was not checked")
                return nil
            } catch {
                report(error, in: source, reporter)
                return nil
            }
        }
    }

    private static func report(_ error: any Error, in source: YAMLSource, _ reporter: ProblemReporter) {
        switch error {
        // libyaml's own limit of 1,000 levels (parser.c, MAX_NESTING_LEVEL); ours is lower but needs the parsed tree.
        case YamlError.parser(_, let problem, let mark, _) where problem.hasPrefix("Maximum nesting level"):
            reporter.report(
                at: SourceMark(line: mark.line, column: mark.column), found: "nested more than \(ConfigurationLimits.maximumDepth) levels deep",
                expected: "use fewer levels")
        case YamlError.scanner(_, let problem, let mark, _), YamlError.parser(_, let problem, let mark, _):
            if let line = source.tabbedLine(near: mark.line) {
                reporter.report(at: SourceMark(line: line, column: 1), found: "a tab in the indentation", expected: "use spaces only")
            } else {
                reporter.report(
                    at: SourceMark(line: mark.line, column: mark.column), found: "not valid YAML: \(problem)",
                    expected: "check colons, quotes and indentation of this line and the one above")
            }
        case YamlError.composer(_, _, let mark, _):
            // The only one left to Yams' composer, since no alias reaches it.
            reporter.report(
                at: SourceMark(line: mark.line, column: mark.column), found: "a second YAML document",
                expected: "remove this --- and what belongs to it")
        default:
            reporter.report(found: "not valid YAML", expected: "expected a YAML 1.2 file in UTF-8")
        }
    }
}
