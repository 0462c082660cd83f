internal import Wire

/// A quality table as a file: one model a line, ordered by name, with numbers rounded to their precision, so
/// that a new snapshot reads as a diff.
///
/// The committed one (`config/quality-snapshot.json`) is made only from sources with permissive terms, which it
/// names.
public enum QualitySnapshot {
    /// The number of the format; a reader refuses others.
    static let format = 2
    /// The largest file that is read, in bytes.
    public static let maximumBytes = 4 << 20

    /// The bytes of a table.
    ///
    /// - Parameter maximumModels: How many models are written: those with rows first, then the newest.
    public static func write(_ table: QualityTable, maximumModels: Int = 1400) -> [UInt8] {
        var out = "{\n\"format\": \(format),\n\"sources\": [\n"
        out += table.sources.map { "  " + quoted($0) }.joined(separator: ",\n")
        out += "\n],\n"
        if let day = table.newestDay { out += "\"newest\": \(day),\n" }
        let centre = table.prior.centre
        out += "\"prior\": {\"deviation\": \(number(table.prior.deviation)), \"day\": \(number(centre.day)), \"price\": \(number(centre.logPrice)), "
        out +=
            "\"context\": \(number(centre.logContext)), \"size\": \(number(centre.logSize)), \"active\": \(number(centre.logActive))},\n\"weights\": {\n"
        out += zip(AbilityFeatures.names, table.prior.weights).map { "  \(quoted($0)): \(number($1))" }.joined(separator: ",\n")
        out += "\n},\n\"relatives\": {\n"
        let groups = table.prior.groups.filter { abs($0.value) >= 0.0005 }
        out += groups.keys.sorted().map { "  \(quoted($0)): \(number(groups[$0] ?? 0))" }.joined(separator: ",\n")
        out += "\n},\n\"models\": {\n"
        out += chosen(table, maximumModels).map(line).joined(separator: ",\n")
        out += "\n}\n}\n"
        return Array(out.utf8)
    }

    private static func chosen(_ table: QualityTable, _ maximum: Int) -> [QualityTable.Entry] {
        let wanted = table.entries.indices.sorted { first, second in
            let (a, b) = (table.entries[first], table.entries[second])
            if (a.baseEvidence > 0) != (b.baseEvidence > 0) { return a.baseEvidence > 0 }
            return (b.facts.releasedDay ?? 0, first) < (a.facts.releasedDay ?? 0, second)
        }
        return wanted.prefix(maximum).sorted().map { table.entries[$0] }
    }

    private static func line(_ entry: QualityTable.Entry) -> String {
        var members = [
            "\"ability\": \(number(entry.ability))", "\"sd\": \(number(entry.deviation))", "\"prior\": \(number(entry.prior))",
            "\"rows\": [\(entry.evidence), \(entry.baseEvidence)]",
        ]
        if let day = entry.facts.releasedDay { members.append("\"day\": \(day)") }
        if let length = entry.facts.contextLength { members.append("\"context\": \(length)") }
        if let limit = entry.facts.outputLimit { members.append("\"output\": \(limit)") }
        if let price = entry.facts.price { members.append("\"price\": [\(dollars(price.input)), \(dollars(price.output))]") }
        if let extras = entry.facts.price?.extras, !extras.isEmpty { members.append("\"extras\": {\(text(of: extras))}") }
        if let reasons = entry.facts.reasons { members.append("\"reasons\": \(number(reasons))") }
        if !entry.facts.inputModalities.isEmpty { members.append("\"in\": \(quoted(entry.facts.inputModalities.joined(separator: " ")))") }
        if !entry.facts.outputModalities.isEmpty, entry.facts.outputModalities != ["text"] {
            members.append("\"out\": \(quoted(entry.facts.outputModalities.joined(separator: " ")))")
        }
        let tasks = TaskClass.allCases.compactMap { task in entry.tasks[task].map { "\(quoted(task.rawValue)): \(number($0))" } }
        if !tasks.isEmpty { members.append("\"tasks\": {\(tasks.joined(separator: ", "))}") }
        return "\(quoted(entry.identity.canonical)): {\(members.joined(separator: ", "))}"
    }

    /// The names of the other prices.
    private static let extras: [(name: String, price: any WritableKeyPath<TokenPrices, Double?> & Sendable)] = [
        ("cache_read", \.cacheRead), ("cache_write", \.cacheWrite), ("reasoning", \.reasoning), ("request", \.request), ("image", \.image),
        ("made_image", \.madeImage),
    ]

    /// Tiers are lists: the bound, then prompt, answer, cache read, cache write, reasoning; null if unknown.
    private static func text(of prices: TokenPrices) -> String {
        var members = extras.compactMap { name, price in prices[keyPath: price].map { "\"\(name)\": \(dollars($0))" } }
        if !prices.tiers.isEmpty {
            let tiers = prices.tiers.map { tier in
                let values = [tier.prompt, tier.completion, tier.cacheRead, tier.cacheWrite, tier.reasoning].map { $0.map(dollars) ?? "null" }
                return "[\(tier.above), \(values.joined(separator: ", "))]"
            }
            members.append("\"tiers\": [\(tiers.joined(separator: ", "))]")
        }
        return members.joined(separator: ", ")
    }

    private static func prices(_ record: JSONTree) -> TokenPrices {
        var prices = TokenPrices()
        for (name, price) in extras { prices[keyPath: price] = record[name]?.number }
        prices.tiers = (record["tiers"]?.elements ?? []).prefix(TokenPrices.mostTiers).compactMap { values in
            let values = values.elements
            guard values.count == 6, let above = values[0].integer else { return nil }
            var tier = TokenPrices.Tier(above: above)
            (tier.prompt, tier.completion, tier.cacheRead) = (values[1].number, values[2].number, values[3].number)
            (tier.cacheWrite, tier.reasoning) = (values[4].number, values[5].number)
            return tier
        }
        return prices.tidy
    }

    /// Six decimals: a bill for a billion tokens is accurate to a tenth of a cent.
    private static func dollars(_ value: Double) -> String {
        let rounded = (value * 1_000_000).rounded() / 1_000_000
        return rounded == rounded.rounded() && abs(rounded) < 1e15 ? "\(Int(rounded))" : rounded < 0.0001 ? fixed(rounded) : "\(rounded)"
    }

    /// Without an exponent.
    private static func fixed(_ value: Double) -> String {
        let digits = String(Int((value * 1_000_000).rounded()))
        return "0." + String(repeating: "0", count: max(0, 6 - digits.count)) + digits
    }

    /// Three decimals: far below every deviation.
    private static func number(_ value: Double) -> String {
        let rounded = (value * 1000).rounded() / 1000
        return rounded == rounded.rounded() && abs(rounded) < 1e15 ? "\(Int(rounded))" : "\(rounded)"
    }

    private static func quoted(_ text: String) -> String {
        var buffer = ByteBuffer()
        buffer.append(jsonString: text)
        return buffer.bytes.text
    }

    /// Reads a snapshot; throws if it is not complete.
    public static func read(_ bytes: [UInt8]) throws(BoardError) -> QualityTable {
        guard bytes.count <= maximumBytes else { throw BoardError("a snapshot of \(bytes.count) bytes; at most \(maximumBytes) are read") }
        let tree = try JSONTree(parsing: bytes)
        guard tree["format"]?.integer == format else { throw BoardError("not a quality snapshot of format \(format)") }
        guard let models = tree["models"]?.members, let weights = tree["weights"], let prior = tree["prior"] else {
            throw BoardError("a snapshot without models, weights or prior")
        }
        var made = QualityTable.Prior()
        made.deviation = prior["deviation"]?.number ?? made.deviation
        made.centre.day = prior["day"]?.number ?? made.centre.day
        made.centre.logPrice = prior["price"]?.number ?? made.centre.logPrice
        made.centre.logContext = prior["context"]?.number ?? made.centre.logContext
        made.centre.logSize = prior["size"]?.number ?? made.centre.logSize
        made.centre.logActive = prior["active"]?.number ?? made.centre.logActive
        made.weights = AbilityFeatures.names.map { weights[$0]?.number ?? 0 }
        for (name, effect) in tree["relatives"]?.members ?? [] { made.groups[name] = effect.number }
        return QualityTable(
            entries: models.compactMap { entry($0.name, $0.value) }.sorted { $0.identity.canonical < $1.identity.canonical }, prior: made,
            sources: tree["sources"]?.texts ?? [], newestDay: tree["newest"]?.integer?.clamped(to: days))
    }

    private static func entry(_ name: String, _ record: JSONTree) -> QualityTable.Entry? {
        guard let ability = self.ability(record["ability"]), let deviation = record["sd"]?.number else { return nil }
        let identity = ModelIdentity(parsing: name)
        var facts = ModelCatalogue.Entry(identity: identity)
        facts.releasedDay = record["day"]?.integer?.clamped(to: days)
        facts.contextLength = record["context"]?.integer?.clamped(to: 1...ForeignNumber.contextLength)
        facts.outputLimit = record["output"]?.integer?.clamped(to: 1...ForeignNumber.contextLength)
        if let price = record["price"]?.elements, price.count == 2, let input = price[0].number, let output = price[1].number {
            facts.price = ModelPrice(input: input, output: output)
            if let extras = record["extras"] { facts.price?.extras = prices(extras) }
        }
        facts.reasons = record["reasons"]?.number
        facts.inputModalities = record["in"]?.text?.split(separator: " ").map(String.init) ?? []
        facts.outputModalities = record["out"]?.text?.split(separator: " ").map(String.init) ?? (facts.inputModalities.isEmpty ? [] : ["text"])
        var tasks: [TaskClass: Double] = [:]
        for (name, value) in record["tasks"]?.members ?? [] { if let task = TaskClass(rawValue: name) { tasks[task] = self.ability(value) } }
        let rows = record["rows"]?.elements.map { ($0.integer ?? 0).clamped(to: possibleRows) } ?? []
        return QualityTable.Entry(
            identity: identity, ability: ability, deviation: deviation, prior: self.ability(record["prior"]) ?? ability, evidence: rows.first ?? 0,
            baseEvidence: rows.last ?? 0, tasks: tasks, facts: facts)
    }

    /// An ability, at most twenty spreads of all models from their mean: by then the scale of 0…1 has reached
    /// its ends.
    private static func ability(_ value: JSONTree?) -> Double? { value?.number?.clamped(to: -20...20) }

    /// How many rows of boards one model can have; there are a few dozen boards.
    private static let possibleRows = 0...100_000

    /// The days that a date can have: 2010 to 2099, counted from 2020-01-01.
    private static let days = -3653...29_219
}
