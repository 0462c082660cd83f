/// Comma-separated values with a header line (RFC 4180), or a Markdown table, as leaderboards in a README are.
struct CSVTable {
    /// The names of the columns.
    let columns: [String]
    /// The lines after the first, each as long as `columns`.
    let rows: [[String]]

    /// The most lines that are read.
    static let maximumRows = 20_000

    /// Reads a table; throws if there is no header line with at least two columns.
    init(_ bytes: [UInt8]) throws(BoardError) {
        let text = String(decoding: bytes, as: UTF8.self)
        var lines = text.split(whereSeparator: \.isNewline)
        let isMarkdown = !(lines.first?.contains(",") ?? false) || lines.first?.first == "|" || lines.first?.first == "#"
        if isMarkdown,
            let start = lines.indices.first(where: { lines[$0].first == "|" && lines.indices.contains($0 + 1) && lines[$0 + 1].contains("--") })
        {
            var table = [lines[start]]
            for line in lines[(start + 2)...] {
                guard line.first == "|" else { break }
                table.append(line)
            }
            lines = table
        }
        guard let head = lines.first else { throw BoardError("an empty table") }
        let split = head.first == "|" ? Self.markdownCells : Self.cells
        let names = split(head)
        guard names.count >= 2 else { throw BoardError("not a table: one column") }
        columns = names
        rows = lines.dropFirst().prefix(Self.maximumRows).map { split($0) }.filter { $0.count == names.count }
        guard !rows.isEmpty else { throw BoardError("a table without a line that fits its head") }
    }

    /// The index of a column, by its name.
    func column(_ name: String) throws(BoardError) -> Int {
        guard let place = columns.firstIndex(of: name) else { throw BoardError("the table has no column '\(name)'") }
        return place
    }

    /// A number, with or without a per cent sign; `nil` for anything else.
    static func number(_ text: String) -> Double? {
        var text = text
        while let last = text.last, last == "%" || last == " " || last == "*" { text.removeLast() }
        while let first = text.first, first == " " || first == "*" { text.removeFirst() }
        return JSONTree.figure(text)
    }

    private static func markdownCells(_ line: Substring) -> [String] {
        var cells = line.split(separator: "|", omittingEmptySubsequences: false).map(trimmed)
        if cells.first == "" { cells.removeFirst() }
        if cells.last == "" { cells.removeLast() }
        return cells
    }

    private static func trimmed(_ text: Substring) -> String {
        String(text.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
    }

    private static func cells(_ line: Substring) -> [String] {
        var cells: [String] = []
        var cell: [UInt8] = []
        var isQuoted = false
        for byte in line.utf8 {
            switch byte {
            case UInt8(ascii: "\""): isQuoted.toggle()
            case UInt8(ascii: ",") where !isQuoted:
                cells.append(String(decoding: cell, as: UTF8.self))
                cell = []
            default: cell.append(byte)
            }
        }
        return cells + [String(decoding: cell, as: UTF8.self)]
    }
}
