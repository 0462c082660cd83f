/// The parsers of the boards: bytes in, boards out. They use what they can, skip the rest, and throw if nothing
/// is left.
enum BoardParsers {
    /// A day from `yyyy-mm-dd` or `yyyy_mm_dd`, in days since 2020-01-01.
    static func day(_ text: some StringProtocol) -> Int? {
        let parts = text.split { $0 == "-" || $0 == "_" }.prefix(3).compactMap { Int($0) }
        guard parts.count == 3 else { return nil }
        return DateStamp(year: parts[0], month: parts[1], day: parts[2])?.dayNumber
    }

    /// A board, or an error if it has no rows.
    static func board(
        _ name: String, _ family: String, _ task: TaskClass, isPart: Bool = false, day: Int? = nil, _ rows: [BoardRow?]
    ) throws(BoardError) -> Board {
        let rows = rows.compactMap { $0 }
        guard !rows.isEmpty else { throw BoardError("\(name) has no row with a score from 0 to 100") }
        return Board(name, family: family, task: task, isPart: isPart, day: day ?? rows.compactMap(\.day).max(), rows: rows)
    }

    /// LiveBench: a table of tasks for each release, with the tasks' categories in another file. The overall
    /// score is the mean of the categories' means.
    static func liveBench(table: [UInt8], categories: [UInt8], release: String) throws(BoardError) -> [Board] {
        let table = try CSVTable(table)
        let model = try table.column("model")
        let day = day(release)
        var means: [[Double?]] = []
        var boards: [Board] = []
        for (name, tasks) in try JSONTree(parsing: categories).members {
            let places = tasks.texts.compactMap { table.columns.firstIndex(of: $0) }
            guard !places.isEmpty else { continue }
            // A model without all tasks of a category has no score there: tables are published while they are
            // being filled.
            let column = table.rows.map { row -> Double? in
                let scores = places.compactMap { CSVTable.number(row[$0]) }
                return scores.count == places.count ? scores.reduce(0, +) / Double(scores.count) : nil
            }
            means.append(column)
            let rows = zip(table.rows, column).map { BoardRow($0[model], percent: $1) }
            if let part = try? board("livebench \(release) \(name)", "livebench", liveBenchTask(name), isPart: true, day: day, rows) {
                boards.append(part)
            }
        }
        guard !means.isEmpty else { throw BoardError("no category of LiveBench \(release) has a column in its table") }
        let overall = table.rows.indices.map { row -> BoardRow? in
            let scores = means.compactMap { $0[row] }
            return scores.count == means.count ? BoardRow(table.rows[row][model], percent: scores.reduce(0, +) / Double(scores.count)) : nil
        }
        return [try board("livebench \(release)", "livebench", .general, day: day, overall)] + boards
    }

    private static func liveBenchTask(_ category: String) -> TaskClass {
        switch category {
        case "Reasoning", "Mathematics": .reasoning
        case "Coding", "Agentic Coding": .code
        default: .general
        }
    }

    /// Aider: a list of runs. Pair runs (an architect and an editor) do not measure a single model.
    static func aider(_ bytes: [UInt8], _ name: String) throws(BoardError) -> [Board] {
        let rows = try FlatYAML.maps(bytes).map { run -> BoardRow? in
            guard run["edit_format"] != "architect", let model = run["model"], let rate = run["pass_rate_2"] ?? run["pass_rate_1"] else { return nil }
            return BoardRow(model, percent: Double(rate), day: run["date"].flatMap(day))
        }
        return [try board("aider \(name)", "aider", .code, rows)]
    }

    /// BigCodeBench and EvalPlus: an object of models with `pass@1` for each column.
    static func passAtOne(_ bytes: [UInt8], _ family: String, _ prefix: String, columns: [String]) throws(BoardError) -> [Board] {
        let models = try JSONTree(parsing: bytes).members
        var boards: [Board] = []
        for column in columns {
            let rows = models.map { BoardRow($0.name, percent: $0.value["pass@1"]?[column]?.number, day: $0.value["date"]?.text.flatMap(day)) }
            boards.append(try board("\(prefix) \(column)", family, .code, rows))
        }
        return boards
    }

    /// CRUXEval: `i@1` and `o@1`. Runs with a chain of thought are a different test.
    static func cruxEval(_ bytes: [UInt8]) throws(BoardError) -> [Board] {
        let table = try CSVTable(bytes)
        let model = try table.column("Model")
        return try ["i@1", "o@1"].map { name throws(BoardError) in
            let place = try table.column(name)
            return try board(
                "cruxeval \(name)", "cruxeval", .code,
                table.rows.map { $0[model].contains("+cot") ? nil : BoardRow($0[model], percent: CSVTable.number($0[place])) })
        }
    }

    /// Tabby: code completion without context (`Baseline`), the mean over the languages. Runs that are given
    /// the answer's context measure nothing.
    static func tabby(_ bytes: [UInt8]) throws(BoardError) -> [Board] {
        var order: [String] = []
        var sums: [String: (sum: Double, count: Double)] = [:]
        for (path, value) in try FlatYAML.numbers(bytes) where path.count == 3 && path[1] == "Baseline" {
            if sums[path[0]] == nil { order.append(path[0]) }
            let old = sums[path[0]] ?? (0, 0)
            sums[path[0]] = (old.sum + value, old.count + 1)
        }
        return [try board("tabby baseline", "tabby", .code, order.map { name in BoardRow(name, percent: sums[name].map { $0.sum / $0.count }) })]
    }

    /// Arena-Hard v0.1: win rates judged by a model, not by people.
    static func arenaHard(_ bytes: [UInt8]) throws(BoardError) -> [Board] {
        let table = try CSVTable(bytes)
        let (model, score) = (try table.column("model"), try table.column("score"))
        return [try board("arena-hard v0.1", "arena-hard", .general, table.rows.map { BoardRow($0[model], percent: CSVTable.number($0[score])) })]
    }

    /// Arena-Hard v2: tables in console blocks of a README, each after a line that names it.
    static func arenaHardTables(_ bytes: [UInt8]) throws(BoardError) -> [Board] {
        var tables: [(name: String, rows: [BoardRow?])] = []
        var title = ""
        for line in String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline).prefix(20_000) {
            let words = line.split(separator: " ")
            if line.contains(" as Judge") {
                title =
                    line.hasPrefix("Creative") ? "creative" : line.contains("Gemini-2.5 as Judge") ? "hard, judged by Gemini" : "hard, judged by GPT"
                tables.append((title, []))
            } else if words.count > 3, Int(words[0]) != nil, !tables.isEmpty, words[3].hasPrefix("(") {
                tables[tables.count - 1].rows.append(BoardRow(String(words[1]), percent: Double(words[2])))
            }
        }
        guard !tables.isEmpty else { throw BoardError("no table 'as Judge'") }
        return try tables.map { table throws(BoardError) in try board("arena-hard v2 \(table.name)", "arena-hard", .general, table.rows) }
    }

    /// LiveCodeBench: the site's rows for each question and model, or the models' means.
    static func liveCodeBench(_ bytes: [UInt8]) throws(BoardError) -> [Board] {
        let tree = try JSONTree(parsing: bytes)
        if !tree.elements.isEmpty {
            let rows = tree.elements.map { BoardRow(settings($0["model_name"]?.text ?? ""), percent: $0["pass@1"]?["all"]?.number) }
            return [try board("livecodebench", "livecodebench", .code, rows)]
        }
        var order: [String] = []
        var sums: [String: (sum: Double, count: Double)] = [:]
        for row in tree["performances"]?.elements ?? [] {
            guard let model = row["model"]?.text, let score = row["pass@1"]?.number else { continue }
            if sums[model] == nil { order.append(model) }
            let old = sums[model] ?? (0, 0)
            sums[model] = (old.sum + score, old.count + 1)
        }
        let rows = order.map { model in BoardRow(settings(model), percent: sums[model].map { $0.sum / $0.count }) }
        return [try board("livecodebench", "livecodebench", .code, rows)]
    }

    /// `o3-mini-2025-01-31__high` → `o3-mini-2025-01-31-high`
    private static func settings(_ name: String) -> String { name.split(separator: "_").joined(separator: "-") }

    /// tau²-bench: submissions with `pass_1` for each domain. Voice agents and submissions of whole systems are left out.
    static func tau2(_ bytes: [UInt8]) throws(BoardError) -> [Board] {
        let tree = try JSONTree(parsing: bytes)
        let submissions = tree.elements.isEmpty ? [tree] : tree.elements
        var boards: [Board] = []
        for domain in ["retail", "airline", "telecom", "banking_knowledge"] {
            let rows = submissions.map { submission -> BoardRow? in
                guard submission["modality"]?.text ?? "text" == "text", submission["submission_type"]?.text ?? "standard" == "standard",
                    let name = submission["model_name"]?.text
                else { return nil }
                let effort = submission["reasoning_effort"]?.text.flatMap(ReasoningEffort.init(word:))
                return BoardRow(
                    effort.map { "\(name) (\($0) reasoning)" } ?? name, percent: submission["results"]?[domain]?["pass_1"]?.number,
                    day: submission["submission_date"]?.text.flatMap(day))
            }
            if let found = try? board("tau2 \(domain)", "tau2", .tools, rows) { boards.append(found) }
        }
        guard !boards.isEmpty else { throw BoardError("no submission with a result") }
        return boards
    }

    /// models.dev: benchmark entries of its model records; a benchmark with fewer than five models says too
    /// little.
    static func modelsDev(_ bytes: [UInt8]) throws(BoardError) -> [Board] {
        var order: [String] = []
        var rows: [String: [BoardRow?]] = [:]
        for entry in try JSONTree(parsing: bytes).elements {
            guard let model = entry["model"]?.text, let name = entry["name"]?.text else { continue }
            let plain = String(name.lowercased().unicodeScalars.filter { ("a"..."z").contains($0) || ("0"..."9").contains($0) || $0 == "." })
            if rows[plain] == nil { order.append(plain) }
            rows[plain, default: []].append(BoardRow(model, percent: entry["score"]?.number, day: entry["date"]?.text.flatMap(day)))
        }
        let boards = order.compactMap { name -> Board? in
            guard let rows = rows[name]?.compactMap({ $0 }), rows.count >= 5 else { return nil }
            let isTools = name.hasPrefix("terminal") || name.hasPrefix("claw")
            return try? board(
                "models.dev \(name)", "models.dev", name.contains("context") || name.hasPrefix("mrcr") ? .longContext : isTools ? .tools : .code, rows
            )
        }
        guard !boards.isEmpty else { throw BoardError("no benchmark with five models") }
        return boards
    }

    /// Vectara: how much of a summary is in its source.
    static func vectara(_ bytes: [UInt8]) throws(BoardError) -> [Board] {
        let table = try CSVTable(bytes)
        let (model, score) = (try table.column("Model"), try table.column("Factual Consistency Rate"))
        return [try board("vectara", "vectara", .general, table.rows.map { BoardRow($0[model], percent: CSVTable.number($0[score])) })]
    }

    /// Extended NYT Connections: word puzzles.
    static func connections(_ bytes: [UInt8]) throws(BoardError) -> [Board] {
        let table = try CSVTable(bytes)
        let (model, score) = (try table.column("Model"), try table.column("Score %"))
        return [
            try board("nyt-connections", "nyt-connections", .reasoning, table.rows.map { BoardRow($0[model], percent: CSVTable.number($0[score])) })
        ]
    }
}
