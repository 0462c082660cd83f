internal import Foundation
internal import Gateway
internal import Quality
internal import Scoring
internal import Wire

/// What `best scores` prints.
struct ScoresReport {
    private let book: ScoreBook

    init(_ book: ScoreBook) { self.book = book }

    /// A ranking for people: one line for each model, best first, other classes last.
    func table(_ rows: [ScoreBook.Row]) -> [String] {
        var table = TextTable(["score", "±", "rows", "model", "released", "context", "code", "reasoning", "tools", "by", "id"])
        var seen: Set<String> = []
        for row in rows.sorted(by: { ($1.score, $0.model.id) < ($0.score, $1.model.id) })
        where seen.insert(row.quality.canonical + row.model.id).inserted {
            let quality = row.quality
            func task(_ task: TaskClass) -> String { quality.tasks[task].map { Self.decimals($0, 2) } ?? "-" }
            table.add([
                quality.modelClass.isChat || book.original != nil ? Self.decimals(row.score, 3) : quality.modelClass.rawValue,
                Self.decimals(quality.deviation, 2),
                "\(quality.evidence)", quality.canonical, Self.date(quality.releasedDay), quality.contextLength.map(String.init) ?? "-", task(.code),
                task(.reasoning), task(.tools), Self.basis(quality), (row.file.map { $0 + ": " } ?? "") + row.model.id,
            ])
        }
        let chat = rows.filter { $0.quality.modelClass.isChat }
        let measured = chat.count { $0.quality.evidence > 0 }
        let share = chat.isEmpty ? "" : ", \(measured) with rows (\(measured * 100 / chat.count) %)"
        return table.lines + ["", "\(chat.count) chat models of \(rows.count)\(share); from \(book.origin)"]
    }

    /// Every row as JSON, in the order of the lists.
    func json(_ rows: [ScoreBook.Row]) -> String {
        let lines = rows.map { row in
            let tasks = TaskClass.allCases.compactMap { task in row.quality.tasks[task].map { "\(Self.quoted(task.rawValue)):\($0)" } }
            return
                "{\"file\":\(row.file.map(Self.quoted) ?? "null"),\"id\":\(Self.quoted(row.model.id)),\"canonical\":\(Self.quoted(row.quality.canonical)),"
                + "\"score\":\(row.score),\"sd\":\(row.quality.deviation),\"evidence\":\(row.quality.evidence),"
                + "\"chat\":\(row.quality.modelClass.isChat),\"class\":\(Self.quoted(row.quality.modelClass.rawValue)),"
                + "\"basis\":\(Self.quoted(Self.basis(row.quality))),\"ability\":\(row.quality.ability),\"adjustment\":\(row.shift),"
                + "\"tasks\":{\(tasks.joined(separator: ","))}}"
        }
        return "{\"models\":[\n" + lines.joined(separator: ",\n") + "\n]}"
    }

    private static func extras(_ price: ModelPrice) -> String {
        let whole = price.whole
        var parts: [String] = []
        if let read = whole.cacheRead { parts.append("\(decimals(read, 3)) from the cache") }
        if let write = whole.cacheWrite { parts.append("\(decimals(write, 3)) into it") }
        if let reasoning = whole.reasoning { parts.append("\(decimals(reasoning, 2)) reasoning") }
        for tier in whole.tiers { if let prompt = tier.prompt { parts.append("\(decimals(prompt, 2)) in beyond \(tier.above) tokens") } }
        return parts.isEmpty ? "" : "; \(parts.joined(separator: ", "))"
    }

    /// Every term of a model's score and every row behind it.
    func explanation(of name: String) -> [String] {
        let row = book.row(book.listed(name)), quality = row.quality
        var lines = [
            "\(name)", "  model      \(quality.canonical), \(quality.modelClass.rawValue)",
            "  judged by  \(Self.basis(quality)), \(quality.evidence) rows",
        ]
        lines.append("  released   \(Self.date(quality.releasedDay)), context \(quality.contextLength.map(String.init) ?? "unknown")")
        if let price = quality.price {
            lines.append(
                "  price      \(Self.decimals(price.input, 2)) in, \(Self.decimals(price.output, 2)) out, USD for a million tokens\(Self.extras(price))"
            )
        }
        if let original = book.original {
            let score = original.score(name, contextLength: row.model.contextLength)
            lines.append(
                "  original   \(score.overall) = leaderboard \(score.leaderboard) + parameters \(score.parameters) + context \(score.context) + adjustments \(score.adjustment)"
            )
            lines += score.rows.map { "             \(Self.decimals($0.score, 3))  \($0.name)" }
        }
        let explained = book.table.explain(row.model, boards: book.content.boards)
        var terms = TextTable(["  term", "value", "weight", "product"])
        for term in explained.terms {
            terms.add(["  " + term.name, Self.decimals(term.value, 3), Self.decimals(term.weight, 3), Self.decimals(term.product, 4)])
        }
        for adjustment in book.adjustments.matching(name) {
            terms.add(["  adjustment '\(adjustment.name)'", Self.decimals(adjustment.priority, 1), "0.020", ""])
        }
        if row.shift != 0 { terms.add(["  adjustments, bounded", "", "", Self.decimals(row.shift, 4)]) }
        terms.add(["  sum: ability", "", "", Self.decimals(quality.ability + row.shift, 4)])
        lines += [""] + terms.lines
        if quality.modelClass.isChat, book.original == nil {
            lines.append("  score      \(Self.decimals(row.score, 4)) ± \(Self.decimals(quality.deviation, 4)), the ability on a scale of 0 to 1")
        }
        lines.append("")
        if explained.rows.isEmpty {
            lines.append(
                quality.evidence > 0 ? "  the rows themselves are not in a snapshot; give --data with the boards" : "  no board has this model")
            return lines
        }
        var rows = TextTable(["  board", "score", "age", "as"])
        for row in explained.rows {
            rows.add(["  " + row.board, Self.decimals(row.score * 100, 1), Self.age(row.day), row.model + (row.isOwn ? "" : " (another release)")])
        }
        return lines + rows.lines + [""]
    }

    /// The sources and what was read of each.
    func sources() -> [String] {
        var table = TextTable(["source", "boards", "entries", "copy's age", "licence", "files"])
        for (source, status) in zip(BoardSource.all, book.statuses) {
            let age = status.age.map { $0 < 172_800 ? "\(Int($0 / 3600)) h" : "\(Int($0 / 86_400)) d" } ?? "none"
            table.add([
                source.id, "\(status.boards)", "\(status.rows)", age, source.licence,
                status.problem.map { "rejected: \($0)" } ?? source.files.map(\.path).prefix(3).joined(separator: ", ")
                    + (source.files.count > 3 ? ", …" : ""),
            ])
        }
        return table.lines + ["", "scores come from \(book.origin)"]
    }

    /// Rank correlations with boards that were left out.
    func validation() -> [String] {
        let lines = Validation.leaveOneFamilyOut(book.content, listing: book.lists.flatMap(\.models)) {
            book.comparison.score($0, contextLength: $1).overall
        }
        var table = TextTable(["board left out", "models", "ability", "top half", "newest first", "largest context", "original"])
        func row(_ name: String, _ count: Int, _ values: [Double]) { table.add([name, "\(count)"] + values.map { Self.decimals($0, 2) }) }
        for line in lines { row(line.board, line.models, [line.fitted, line.fittedTopHalf, line.newest, line.context, line.original]) }
        let count = Double(max(1, lines.count))
        func mean(_ value: (Validation.Line) -> Double) -> Double { lines.reduce(0) { $0 + value($1) } / count }
        row("mean", lines.reduce(0) { $0 + $1.models }, [mean(\.fitted), mean(\.fittedTopHalf), mean(\.newest), mean(\.context), mean(\.original)])
        // Its formula looks models up by name in the very rows it is measured on here, so those columns flatter it.
        let hint = "(the original was not refitted: on aider, bigcodebench, evalplus, cruxeval and tabby it has the answers)"
        return ["Spearman's rank correlation of each board with what the boards of all other families say:", ""] + table.lines + ["", hint]
    }

    private static func basis(_ quality: ModelQuality) -> String {
        switch quality.basis {
        case .boards: "boards"
        case .relative(let name): name == quality.canonical ? "its other releases" : name
        case .description: "description"
        }
    }

    /// `2024-05-13` from days since 2020-01-01.
    private static func date(_ day: Int?) -> String {
        guard let day else { return "-" }
        return String(Date(timeIntervalSince1970: Double(day + 18_262) * 86_400).ISO8601Format().prefix(10))
    }

    private static func age(_ day: Int?) -> String {
        guard let day else { return "-" }
        return "\(Int(Date().timeIntervalSince1970 / 86_400) - 18_262 - day) d"
    }

    private static func decimals(_ value: Double, _ places: Int) -> String { String(format: "%.\(places)f", value) }

    private static func quoted(_ text: String) -> String {
        var buffer = ByteBuffer()
        buffer.append(jsonString: text)
        return buffer.bytes.text
    }
}
