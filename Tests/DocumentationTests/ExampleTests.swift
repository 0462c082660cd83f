import Foundation
import Testing

/// An example in the comment of a declaration is code that a test of this target compiles and runs.
@Suite struct ExampleTests {
    /// A block of code, and the type that it is about.
    private struct Example: Hashable {
        let type: String
        let code: String
    }

    /// The blocks between `// Example: Type` and `// End` in this target.
    private static func compiled() throws -> [Example] {
        var examples: [Example] = []
        for path in try Project.files(below: "Tests/DocumentationTests", endingIn: ".swift") {
            var open: (type: String, lines: [Substring])?
            for line in try Project.text(path).split(separator: "\n", omittingEmptySubsequences: false) {
                let text = line.drop { $0 == " " }
                if text.hasPrefix("// Example: ") {
                    open = (String(text.dropFirst(12)), [])
                } else if text == "// End", let (type, lines) = open {
                    examples.append(Example(type: type, code: dedented(lines)))
                    open = nil
                } else {
                    open?.lines.append(line)
                }
            }
        }
        return examples
    }

    /// The Swift code in comments of declarations in the sources.
    private static func documented() throws -> [Example] {
        var examples: [Example] = []
        for path in try Project.files(below: "Sources", endingIn: ".swift") {
            var (pending, fence): ([String], [Substring]?) = ([], nil)
            for line in try Project.text(path).split(separator: "\n", omittingEmptySubsequences: false) {
                let text = line.drop { $0 == " " }
                if text.hasPrefix("///") {
                    let comment = text.dropFirst(text.hasPrefix("/// ") ? 4 : 3)
                    if let lines = fence {
                        if comment == "```" { pending.append(dedented(lines)) }
                        fence = comment == "```" ? nil : lines + [comment]
                    } else if comment == "```swift" {
                        fence = []
                    }
                } else if !pending.isEmpty, let match = text.firstMatch(of: /\b(?:struct|class|enum|protocol|actor)\s+(\w+)/) {
                    examples += pending.map { Example(type: String(match.1), code: $0) }
                    pending = []
                } else if !text.hasPrefix("@") {
                    #expect(pending.isEmpty, "\(path): an example that belongs to no type")
                    pending = []
                }
            }
        }
        return examples
    }

    private static func dedented(_ lines: [Substring]) -> String {
        let margin = lines.filter { !$0.allSatisfy { $0 == " " } }.map { $0.prefix { $0 == " " }.count }.min() ?? 0
        return lines.map { String($0.dropFirst(min(margin, $0.count))) }.joined(separator: "\n")
    }

    @Test func `every example in a comment is compiled here, word for word`() throws {
        let (compiled, documented) = (try Self.compiled(), try Self.documented())
        for example in documented {
            let own = compiled.filter { $0.type == example.type }
            #expect(own.contains(example), "\(example.type) has\n\(example.code)\nand here is\n\(own.map(\.code).joined(separator: "\n\n"))")
        }
        for example in compiled where !documented.contains(example) {
            Issue.record("the comment of \(example.type) does not have\n\(example.code)")
        }
        #expect(compiled.count >= 20)
    }

    /// Types that the tour names though nothing can be shown of them in a few lines.
    private static let withoutExample: [String: String] = [
        "AcceptedBytes": "a table", "APIOperations": "a list", "GatewayMetrics": "writes a page", "HTTPConnection": "is made by HTTPServer",
        "UpstreamAttempt": "is made by AttemptLoop", "StreamRelay": "is made by UpstreamAttempt", "FramedTransfer": "is made by CurlTransport",
        "UpstreamConnection": "is made by its pool", "StoreWorker": "is made by SQLiteStore", "ScoringQuality": "reads boards that are fetched",
        "ServeProgram": "is the program",
    ]

    @Test func `every type that the README's tour begins with has an example`() throws {
        let examples = Set(try Self.documented().map(\.type))
        let modules = Set(try FileManager.default.contentsOfDirectory(atPath: Project.root.appendingPathComponent("Sources").path))
        var count = 0
        for row in try Project.text("README.md").split(separator: "\n") where row.hasPrefix("| `") {
            let cells = row.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
            guard cells.count == 3, modules.contains(cells[0].trimmingCharacters(in: ["`"])) else { continue }
            for type in cells[2].split(separator: "`").map(String.init) where type.first?.isUppercase == true {
                count += 1
                #expect(examples.contains(type) || Self.withoutExample[type] != nil, "\(type) has no example")
            }
        }
        #expect(count > 20)
    }
}
