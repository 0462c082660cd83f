/// The original project's six boards, merged in the same way: one list of rows by exact name, with the mean if
/// several boards have one.
///
/// The rules, including the odd ones, reproduce the original's own scores to the last digit: see
/// `OriginalFormula`.
public struct OriginalBoards: Sendable {
    /// The paths of the six files in a data directory.
    static let aiderPath = "aider/search-data.json"
    static let bigCodeBenchPath = "bigcodebench/results.json"
    static let bigCodeBenchHardPath = "bigcodebench/results-hard.json"
    static let evalPlusPath = "evalplus/results.json"
    static let cruxEvalPath = "cruxeval/data.csv"
    static let tabbyPath = "tabby/tabby.yml"

    /// One row of the merged list.
    public struct Row: Sendable, Equatable {
        /// The name, with the suffix that the original adds: `_instruct`, `_diff`, `_oracle`.
        public let name: String
        /// The score, 0…1.
        public let score: Double
    }

    /// The merged rows, in the order in which their names first appeared.
    public let rows: [Row]
    /// The names in lower case, as the formula searches them.
    let lowercased: [String]

    /// No rows: the formula without leaderboards.
    public static let none = OriginalBoards([])

    init(_ tables: [[(String, Double)]]) {
        var order: [String] = []
        var sums: [String: (sum: Double, count: Double)] = [:]
        for (name, score) in tables.joined() {
            if sums[name] == nil { order.append(name) }
            let old = sums[name] ?? (0, 0)
            sums[name] = (old.sum + score, old.count + 1)
        }
        rows = order.map { name in Row(name: name, score: sums[name].map { $0.sum / $0.count } ?? 0) }
        lowercased = order.map { $0.lowercased() }
    }

    /// Reads the boards that a store has; one that is missing or can't be read is left out, with the reason.
    public static func load(_ store: BoardStore) -> (boards: OriginalBoards, problems: [String]) {
        let readers: [(String, ([UInt8]) throws(BoardError) -> [(String, Double)])] = [
            (aiderPath, aider), (bigCodeBenchPath, bigCodeBench), (bigCodeBenchHardPath, bigCodeBench), (evalPlusPath, evalPlus),
            (cruxEvalPath, cruxEval),
            (tabbyPath, tabby),
        ]
        var tables: [[(String, Double)]] = []
        var problems: [String] = []
        for (path, read) in readers {
            do throws(BoardError) {
                guard let bytes = try store.bytes(at: path) else { continue }
                tables.append(try read(bytes))
            } catch {
                problems.append("\(path): \(error)")
            }
        }
        return (OriginalBoards(tables), problems)
    }

    /// Aider's search index has the text of two tables; the share of tasks done and the share that is well
    /// formed count equally, and are not stretched to 0…1.
    private static func aider(_ bytes: [UInt8]) throws(BoardError) -> [(String, Double)] {
        let sections = try JSONTree(parsing: bytes).members.map(\.value)
        var edit: [(String, Double)] = [], polyglot: [(String, Double)] = []
        for section in sections {
            guard let text = section["content"]?.text else { continue }
            switch section["title"]?.text {
            case "Code editing leaderboard": edit = text.components(" . ").compactMap { aiderRow(cells($0), percents: (1, 2), format: 4) }
            case "Aider polyglot coding leaderboard":
                // The original's pattern for a row requires another one after it, so the last row is lost.
                polyglot = text.components("▶").dropFirst().compactMap { aiderRow(cells($0), percents: (1, 4), format: 5) }.dropLast()
            default: break
            }
        }
        guard !edit.isEmpty || !polyglot.isEmpty else { throw BoardError("no leaderboard section in the search index") }
        return OriginalBoards([mean(edit), mean(polyglot)]).rows.map { ($0.name, $0.score) }
    }

    private static func aiderRow(_ cells: [String], percents: (Int, Int), format: Int) -> (String, Double)? {
        guard cells.count > format, cells[percents.0].hasSuffix("%"), cells[percents.1].hasSuffix("%"), let done = CSVTable.number(cells[percents.0]),
            let formed = CSVTable.number(cells[percents.1])
        else { return nil }
        return ("\(cells[0])_\(cells[format])", (done + formed) / 200)
    }

    private static func cells(_ text: String) -> [String] {
        var cells = text.split(separator: "|", omittingEmptySubsequences: false).map {
            String($0.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
        }
        if cells.first == "" { cells.removeFirst() }
        return cells
    }

    private static func mean(_ rows: [(String, Double)]) -> [(String, Double)] { OriginalBoards([rows]).rows.map { ($0.name, $0.score) } }

    /// `instruct` and `complete` are separate rows on one scale.
    private static func bigCodeBench(_ bytes: [UInt8]) throws(BoardError) -> [(String, Double)] {
        var names: [String] = []
        var scores: [Double?] = []
        for (name, record) in try JSONTree(parsing: bytes).members {
            for column in ["instruct", "complete"] {
                guard let score = record["pass@1"]?[column]?.number else { continue }
                names.append("\(name)_\(column)")
                scores.append(score)
            }
        }
        return try rows(names, [scores])
    }

    private static func evalPlus(_ bytes: [UInt8]) throws(BoardError) -> [(String, Double)] {
        let models = try JSONTree(parsing: bytes).members
        return try rows(
            models.map(\.name), ["humaneval", "humaneval+", "mbpp", "mbpp+"].map { column in models.map { $0.value["pass@1"]?[column]?.number } })
    }

    private static func cruxEval(_ bytes: [UInt8]) throws(BoardError) -> [(String, Double)] {
        let table = try CSVTable(bytes)
        let model = try table.column("Model")
        let columns = try ["i@1", "i@5", "o@1", "o@5"].map { name throws(BoardError) in
            let place = try table.column(name)
            return table.rows.map { CSVTable.number($0[place]) }
        }
        return try rows(table.rows.map { $0[model] }, columns)
    }

    /// A row for each model and kind of context, including those that were given the answer's context.
    private static func tabby(_ bytes: [UInt8]) throws(BoardError) -> [(String, Double)] {
        var names: [String] = [], languages: [String] = []
        var values: [String: [String: Double]] = [:]
        for (path, value) in try FlatYAML.numbers(bytes) where path.count == 3 {
            let name = "\(path[0])_\(path[1].lowercased())"
            if values[name] == nil { names.append(name) }
            if !languages.contains(path[2]) { languages.append(path[2]) }
            values[name, default: [:]][path[2]] = value
        }
        return try rows(names, languages.map { language in names.map { values[$0]?[language] } })
    }

    /// Each column is stretched to 0…1 over its own values; a row is the mean of the columns it has.
    private static func rows(_ names: [String], _ columns: [[Double?]]) throws(BoardError) -> [(String, Double)] {
        var sums = [(sum: Double, count: Double)](repeating: (0, 0), count: names.count)
        for column in columns {
            let known = column.compactMap { $0 }
            guard let low = known.min(), let high = known.max(), high > low else { continue }
            for (place, value) in column.enumerated() {
                guard let value else { continue }
                sums[place].sum += (value - low) / (high - low)
                sums[place].count += 1
            }
        }
        let rows = zip(names, sums).compactMap { $1.count > 0 ? ($0, $1.sum / $1.count) : nil }
        guard !rows.isEmpty else { throw BoardError("no scores") }
        return rows
    }
}

extension String {
    /// The parts between occurrences of a separator.
    fileprivate func components(_ separator: String) -> [String] { split(separator: separator, omittingEmptySubsequences: false).map(String.init) }
}
