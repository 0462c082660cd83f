/// A page of the manual in the language of man pages, mdoc(7), as it is written: heading by heading.
///
/// Text is given as people read it; what means something to the formatter is taken care of here.
public struct ManualPage {
    private var lines: [String]

    /// Begins a page.
    ///
    /// - Parameters:
    ///   - name: Its name: `best.yaml`.
    ///   - section: The section of the manual: 1 for commands, 5 for files.
    ///   - summary: What it is, in a few words without a full stop.
    ///   - day: The day it is of, `2026-11-30`.
    public init(name: String, section: Int, summary: String, day: String) {
        lines = [".Dd \(Self.date(day))", ".Dt \(name.uppercased()) \(section)", ".Os"]
        heading("NAME")
        lines += [".Nm \(name)", ".Nd \(Self.escaped(summary))"]
    }

    /// The whole page; it ends in a line end.
    public var text: String { lines.joined(separator: "\n") + "\n" }

    /// Begins a section.
    public mutating func heading(_ title: String) { lines.append(".Sh \(Self.argument(title))") }

    /// Begins a part of a section.
    public mutating func subheading(_ title: String) { lines.append(".Ss \(Self.argument(title))") }

    /// Text in paragraphs: an empty line parts them, and lines that begin with two spaces stay as they are.
    public mutating func prose(_ text: String) {
        var isFirst = lines.last?.hasPrefix(".S") ?? false || lines.last?.hasPrefix(".It") ?? false
        var paragraph: [Substring] = []
        var block: [Substring] = []
        func flushed(_ page: inout ManualPage) {
            if !paragraph.isEmpty {
                if !isFirst { page.lines.append(".Pp") }
                page.lines += Self.filled(paragraph.joined(separator: " "))
                isFirst = false
                paragraph = []
            }
            if !block.isEmpty {
                page.verbatim(block.map { String($0.dropFirst(2)) })
                block = []
            }
        }
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            if line.hasPrefix("  ") {
                if block.isEmpty { flushed(&self) }
                block.append(line)
            } else if line.isEmpty {
                flushed(&self)
            } else {
                if !block.isEmpty { flushed(&self) }
                paragraph.append(line)
            }
        }
        flushed(&self)
    }

    /// Lines that stay as they are.
    public mutating func verbatim(_ block: [String]) {
        lines += [".Bd -literal -offset indent"] + block.map { Self.escaped($0, keepingDashes: true) } + [".Ed"]
    }

    /// Begins a list of terms; its items follow, then `endList()`.
    public mutating func beginList() { lines.append(".Bl -tag -width Ds") }

    /// Ends the list that was begun last.
    public mutating func endList() { lines.append(".El") }

    /// An item of a list: a term, and what it is.
    ///
    /// - Parameter value: What follows the term, set off from it: the kind of its value, or the value.
    public mutating func item(_ term: String, value: String? = nil, _ text: String) {
        let shown = value.map { " Ar \(Self.argument($0))" } ?? ""
        lines.append(".It Cm \(Self.argument(term))\(shown)")
        prose(text)
    }

    /// Other pages.
    public mutating func seeAlso(_ pages: [(name: String, section: Int)]) {
        heading("SEE ALSO")
        for (place, page) in pages.enumerated() { lines.append(".Xr \(page.name) \(page.section)\(place + 1 < pages.count ? " ," : "")") }
    }

    /// Lines of text, each sentence on one of its own, as the language wants it.
    private static func filled(_ text: String) -> [String] {
        var lines: [String] = []
        var line = ""
        for word in text.split(separator: " ", omittingEmptySubsequences: true) {
            let isSentence = line.last.map { ".!?".contains($0) } ?? false || line.hasSuffix(".)")
            if !line.isEmpty, isSentence || line.utf8.count + 1 + word.utf8.count > width {
                lines.append(line)
                line = ""
            }
            line += line.isEmpty ? word : " \(word)"
        }
        if !line.isEmpty { lines.append(line) }
        return lines.map { escaped($0) }
    }

    /// Lines in the source should fit a terminal, and escapes make them longer.
    private static let width = 72

    /// An argument of a macro: one word to it, which is never taken for another macro.
    private static func argument(_ text: String) -> String {
        let escaped = escaped(text, keepingDashes: true)
        // A name of a macro, and punctuation, mean something there (mdoc(7), "MACRO SYNTAX").
        let isSpecial = escaped.utf8.count <= 3
        let safe = (isSpecial && !escaped.hasPrefix("\\&") ? "\\&" : "") + escaped
        return safe.contains(" ") ? "\"\(safe.replacing("\"", with: "\\(dq"))\"" : safe.replacing("\"", with: "\\(dq")
    }

    /// Text that means itself.
    private static func escaped(_ text: String, keepingDashes: Bool = false) -> String {
        var result = ""
        var before: Character = " "
        for character in text {
            switch character {
            case "\\": result += "\\e"
            // Options are to be found and pasted, so their dashes must not become hyphens.
            case "-" where keepingDashes || before == " " || before == "-" || before == "(" || before == "`": result += "\\-"
            case _ where character.isASCII: result.append(character)
            default: for scalar in character.unicodeScalars { result += "\\[u\(String(paddedHex(scalar.value)))]" }
            }
            before = character
        }
        return result.hasPrefix(".") || result.hasPrefix("'") ? "\\&\(result)" : result
    }

    private static func paddedHex(_ value: UInt32) -> String {
        let digits = String(value, radix: 16, uppercase: true)
        return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    }

    /// `2026-11-30` as the language writes it: November 30, 2026.
    private static func date(_ day: String) -> String {
        let months = [
            "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December",
        ]
        let parts = day.split(separator: "-").compactMap { Int($0) }
        guard parts.count == 3, months.indices.contains(parts[1] - 1) else { return day }
        return "\(months[parts[1] - 1]) \(parts[2]), \(parts[0])"
    }
}
