internal import Wire

/// A result read back from its JSON file: every number by its path, in file order.
public struct ResultFile: Sendable, Equatable {
    /// Why a file can't be compared.
    public struct Malformed: Error, Equatable, Sendable, CustomStringConvertible {
        /// What was found instead.
        public let description: String
    }

    private(set) var numbers: [String: Double] = [:]
    private(set) var texts: [String: String] = [:]
    /// The targets' names, in order.
    public private(set) var targets: [String] = []

    /// Reads the text of a file that `best bench --json` wrote.
    public init(parsing text: RawSpan) throws(Malformed) {
        do throws(JSONError) {
            var scanner = JSONScanner(text)
            guard try scanner.nextKind() == .object else { throw JSONError(.objectExpected, at: 0) }
            try readObject(&scanner, text, path: "", depth: 0)
            try scanner.finish()
        } catch {
            throw Malformed(description: "not JSON at byte \(error.offset + 1): \(error.explanation)")
        }
        guard let version = numbers["best_bench"] else { throw Malformed(description: "not a result of `best bench --json`") }
        guard version == Double(ResultJSON.version) else { throw Malformed(description: "a result of another version of best (\(version))") }
    }

    private mutating func readObject(_ scanner: inout JSONScanner, _ text: RawSpan, path: String, depth: Int) throws(JSONError) {
        try scanner.enterObject()
        while let name = try scanner.nextMember() {
            let name = name.string(in: text)
            let place = path.isEmpty ? name : path + "." + name
            if path == "targets" { targets.append(name) }
            switch try scanner.nextKind() {
            case .object: try readObject(&scanner, text, path: place, depth: depth + 1)
            case .number: numbers[place] = Double(text.extracting(try scanner.skipValue()).text)
            case .string: texts[place] = try scanner.readTextOrSkip()?.string(in: text)
            case .array, .true, .false, .null: try scanner.skipValue()
            }
        }
    }
}
