/// Rows in columns as wide as their widest cell, for a terminal and as well for `grep` and `awk`: two spaces between columns, no lines.
struct TextTable {
    private var rows: [[String]]

    /// A table with `header` as its first row.
    init(_ header: [String]) {
        rows = [header]
    }

    /// Adds a row; it has as many cells as the header.
    mutating func add(_ row: [String]) {
        precondition(row.count == rows[0].count, "a row has as many cells as the header")
        rows.append(row)
    }

    /// The lines, without spaces at their ends.
    var lines: [String] {
        let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.map { row in
            var line = ""
            for (cell, width) in zip(row, widths) { line += cell + String(repeating: " ", count: width - cell.count + 2) }
            while line.last == " " { line.removeLast() }
            return line
        }
    }
}
