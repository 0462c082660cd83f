internal import Wire

/// Rows in columns as wide as their widest cell, for a terminal and as well for `grep` and `awk`: two spaces between columns, no lines.
struct TextTable {
    private var rows: [[String]]
    private let isNumber: [Bool]

    /// A table with `header` as its first row; the cells of a column whose title ends with `>` stand at the right.
    init(_ header: [String]) {
        isNumber = header.map { $0.hasSuffix(">") }
        rows = [header.map { $0.hasSuffix(">") ? String($0.dropLast()) : $0 }]
    }

    /// Adds a row; it has as many cells as the header. A control or format character, which could steer the terminal or what is read, becomes `?`.
    mutating func add(_ row: [String]) {
        precondition(row.count == rows[0].count, "a row has as many cells as the header")
        rows.append(row.map(\.printable))
    }

    /// The lines, without spaces at their ends.
    var lines: [String] {
        let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.map { row in
            var line = ""
            for (column, cell) in row.enumerated() {
                let space = String(repeating: " ", count: widths[column] - cell.count)
                line += (isNumber[column] ? space + cell : cell + space) + "  "
            }
            while line.last == " " { line.removeLast() }
            return line
        }
    }
}
