internal import Foundation

/// What a model's description says about its ability, as numbers: the columns of the prior.
struct AbilityFeatures: Sendable {
    /// The centre of the measured columns over all models, which replaces a missing value beside its flag.
    struct Centre: Sendable, Equatable {
        var day = 1700.0, logPrice = 0.0, logContext = 12.0, logSize = 3.0, logActive = 3.0
    }

    /// The names of the columns, in order; the snapshot stores weights under them.
    static let names: [String] =
        ["base", "years", "years squared", "no date", "price", "no price", "context", "no context", "size", "no size", "active size"]
        + ["reasons", "reasoning unknown", "thinking", "non-thinking"] + tiers.map { "'\($0)'" } + ["small vendor"]

    /// Words by which vendors distinguish the sizes and uses of their models.
    static let tiers = [
        "mini", "nano", "lite", "flash", "pro", "opus", "sonnet", "haiku", "max", "plus", "turbo", "fast", "small", "medium", "large", "coder",
        "codex",
        "code", "vision", "vl", "air", "distill", "micro", "chat", "omni", "exp", "base", "ultra", "super",
    ]

    /// Vendors with models on many boards; the models of others are mostly fine-tunes of theirs.
    private static let knownVendors: Set<String> = [
        "openai", "google", "alibaba", "anthropic", "deepseek", "mistral", "meta", "xai", "microsoft", "zhipuai", "ibm", "moonshotai", "cohere",
        "01-ai",
        "minimax", "nvidia", "amazon", "xiaomi", "tencent", "bytedance", "baidu", "stepfun",
    ]

    /// Days since 2020-01-01 of the year 0 of the `years` column (May 2024).
    private static let dayOfYearZero = 1600.0

    /// The logarithm of a price. No model costs less than a tenth of a cent for a million tokens, and one that
    /// claims to must not outweigh all else.
    private static func logarithm(_ price: ModelPrice) -> Double { log(max(price.output, 0.001)) }

    /// The centre of the models that have a row.
    static func centre(of entries: [ModelCatalogue.Entry]) -> Centre {
        func mean(_ values: [Double], _ otherwise: Double) -> Double { values.isEmpty ? otherwise : values.reduce(0, +) / Double(values.count) }
        var centre = Centre()
        centre.day = mean(entries.compactMap { $0.releasedDay.map(Double.init) }, centre.day)
        centre.logPrice = mean(entries.compactMap { $0.price.map(logarithm) }, centre.logPrice)
        centre.logContext = mean(entries.compactMap { $0.contextLength.map { log(Double($0)) } }, centre.logContext)
        centre.logSize = mean(entries.compactMap { $0.identity.parameters.total.map { log($0) } }, centre.logSize)
        centre.logActive = mean(
            entries.compactMap { ($0.identity.parameters.active ?? $0.identity.parameters.total).map { log($0) } }, centre.logActive)
        return centre
    }

    /// The columns of one model.
    static func columns(_ entry: ModelCatalogue.Entry, _ centre: Centre) -> [Double] {
        let years = ((entry.releasedDay.map(Double.init) ?? centre.day) - dayOfYearZero) / 365.25
        let price = entry.price.map(logarithm)
        let context = entry.contextLength.map { log(Double($0)) }
        let parameters = entry.identity.parameters
        // Above these sizes more parameters say little: the largest open models are not the best ones.
        let size = parameters.total.map { log(min($0, 250)) }
        let active = (parameters.active ?? parameters.total).map { log(min($0, 100)) }
        func flag(_ condition: Bool) -> Double { condition ? 1 : 0 }
        let words = Set(entry.identity.words)
        return [
            1, years, years * years * 0.3, flag(entry.releasedDay == nil), (price ?? centre.logPrice) - centre.logPrice, flag(price == nil),
            ((context ?? centre.logContext) - centre.logContext) * 0.7, flag(context == nil), ((size ?? centre.logSize) - centre.logSize) * 0.7,
            flag(size == nil), ((active ?? centre.logActive) - centre.logActive) * 0.7, entry.reasons ?? 0, flag(entry.reasons == nil),
            flag(entry.identity.mode == .thinking), flag(entry.identity.mode == .direct),
        ] + tiers.map { flag(words.contains($0)) } + [flag(!knownVendors.contains(entry.identity.vendor ?? ""))]
    }
}
