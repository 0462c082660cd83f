import Foundation
import Testing

/// The project's own text, as these tests read it.
enum Project {
    /// The package's folder.
    static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// The text of a file.
    static func text(_ path: String) throws -> String { try String(contentsOf: root.appendingPathComponent(path), encoding: .utf8) }

    /// The paths of all files below a folder whose names end in `suffix`, in ascending order.
    static func files(below folder: String, endingIn suffix: String) throws -> [String] {
        let paths = try FileManager.default.subpathsOfDirectory(atPath: root.appendingPathComponent(folder).path)
        return paths.filter { $0.hasSuffix(suffix) }.map { "\(folder)/\($0)" }.sorted()
    }

    /// The articles of the documentation, and what contributors read first.
    static func articles() throws -> [String] {
        try files(below: "Sources", endingIn: ".md") + files(below: ".github", endingIn: ".md")
    }

    /// The names of all types that the package declares, those of tests included.
    static let types: Set<String> = {
        var names: Set<String> = []
        let declaration = /\b(?:struct|class|enum|protocol|actor|typealias)\s+([A-Z]\w*)/
        for folder in ["Sources", "Tests"] {
            for path in (try? files(below: folder, endingIn: ".swift")) ?? [] {
                guard let source = try? text(path) else { continue }
                for match in source.matches(of: declaration) { names.insert(String(match.1)) }
            }
        }
        return names
    }()
}

/// Text in Markdown, without its blocks of code.
struct MarkdownText {
    /// The lines outside of fenced blocks.
    let lines: [Substring]

    init(_ text: String) {
        var isFenced = false
        lines = text.split(separator: "\n", omittingEmptySubsequences: false).filter { line in
            if line.drop(while: { $0 == " " }).hasPrefix("```") {
                isFenced.toggle()
                return false
            }
            return !isFenced
        }
    }

    /// What stands between backquotes.
    var spans: [String] {
        let parts = lines.joined(separator: "\n").split(separator: "`", omittingEmptySubsequences: false)
        return parts.enumerated().filter { $0.offset % 2 == 1 }.map { $0.element.split(whereSeparator: \.isWhitespace).joined(separator: " ") }
    }

    /// Where its links lead.
    var links: [String] {
        lines.joined(separator: "\n").split(separator: "](").dropFirst().map { String($0.prefix { $0 != ")" }) }
    }

    /// The headings of a level, without their marks.
    func headings(_ level: Int) -> [String] {
        let mark = String(repeating: "#", count: level) + " "
        return lines.filter { $0.hasPrefix(mark) }.map { String($0.dropFirst(mark.count)) }
    }
}
