internal import Wire

/// The form in which lists of models are kept: JSON with a version.
///
///     {"version":1,"lists":[{"provider":"groq","url":"https://api.groq.com/openai/v1","fetched_at":1764000000,"models":[{"id":"…"}, …]}, …]}
struct ModelListArchive: Equatable {
    /// One provider's list.
    struct List: Equatable {
        var provider: String
        var url: String
        /// Seconds since 1970.
        var fetchedAt: Int
        var models: [ModelConfiguration]
    }

    /// The version that is written, and the only one that is read.
    static let version = 1

    var lists: [List] = []

    /// The list of a provider, when it came from the same place.
    func list(of provider: String, at url: String) -> List? {
        lists.first { $0.provider == provider && $0.url == url }
    }

    // MARK: Writing

    /// The archive's bytes.
    var bytes: [UInt8] {
        var buffer = ByteBuffer(capacity: 64 * 1024)
        buffer.append("{\"version\":")
        buffer.append(decimal: ModelListArchive.version)
        buffer.append(",\"lists\":[")
        for (place, list) in lists.enumerated() {
            buffer.append(place == 0 ? "\n" : ",\n")
            buffer.append("{\"provider\":")
            buffer.append(jsonString: list.provider)
            buffer.append(",\"url\":")
            buffer.append(jsonString: list.url)
            buffer.append(",\"fetched_at\":")
            buffer.append(decimal: list.fetchedAt)
            buffer.append(",\"models\":[")
            for (place, model) in list.models.enumerated() {
                buffer.append(place == 0 ? "\n" : ",\n")
                ModelListArchive.append(model, to: &buffer)
            }
            buffer.append("]}")
        }
        buffer.append("]}\n")
        return buffer.bytes.withUnsafeBytes { Array($0) }
    }

    private static func append(_ model: ModelConfiguration, to buffer: inout ByteBuffer) {
        buffer.append("{\"id\":")
        buffer.append(jsonString: model.id)
        append("context_length", model.contextLength, to: &buffer)
        append("max_output_tokens", model.maximumOutputTokens, to: &buffer)
        append("created", model.created, to: &buffer)
        append("input_modalities", model.inputModalities.map { $0.map(\.rawValue).sorted() }, to: &buffer)
        append("output_modalities", model.outputModalities.map { $0.map(\.rawValue).sorted() }, to: &buffer)
        append("aliases", model.aliases.isEmpty ? nil : model.aliases, to: &buffer)
        append("other_names", model.otherNames.isEmpty ? nil : model.otherNames, to: &buffer)
        append("supported_parameters", model.supportedParameters.isEmpty ? nil : model.supportedParameters, to: &buffer)
        append("supports_tools", model.supportsTools.map { $0 ? "true" : "false" }, to: &buffer)
        append("supports_json", model.supportsJSON.map { $0 ? "true" : "false" }, to: &buffer)
        append("supports_schemas", model.supportsSchemas.map { $0 ? "true" : "false" }, to: &buffer)
        for (name, price) in ModelListArchive.prices { append(name, model.prices[keyPath: price].map { "\($0)" }, to: &buffer) }
        append("price_tiers", model.prices.tiers, to: &buffer)
        append("kind", model.kind.map { "\"\($0.rawValue)\"" }, to: &buffer)
        buffer.append("}")
    }

    /// The prices by their names in the archive.
    static let prices: [(name: StaticString, price: any WritableKeyPath<TokenPrices, Double?> & Sendable)] = [
        ("prompt_price", \.prompt), ("completion_price", \.completion), ("cache_read_price", \.cacheRead), ("cache_write_price", \.cacheWrite),
        ("reasoning_price", \.reasoning), ("request_price", \.request), ("image_price", \.image), ("made_image_price", \.madeImage),
    ]

    /// Tiers as lists of numbers: the bound, then the prices of prompt, answer, cache read, cache write and reasoning, -1 for what is not said.
    private static func append(_ name: StaticString, _ tiers: [TokenPrices.Tier], to buffer: inout ByteBuffer) {
        guard !tiers.isEmpty else { return }
        let texts = tiers.map { tier in
            let prices = [tier.prompt, tier.completion, tier.cacheRead, tier.cacheWrite, tier.reasoning].map { $0.map { "\($0)" } ?? "-1" }
            return "[\(tier.above),\(prices.joined(separator: ","))]"
        }
        append(name, "[\(texts.joined(separator: ","))]", to: &buffer)
    }

    private static func append(_ name: StaticString, _ value: Int?, to buffer: inout ByteBuffer) {
        append(name, value.map { "\($0)" }, to: &buffer)
    }

    private static func append(_ name: StaticString, _ values: [String]?, to buffer: inout ByteBuffer) {
        guard let values else { return }
        append(name, "[", to: &buffer)
        for (place, value) in values.enumerated() {
            if place > 0 { buffer.append(",") }
            buffer.append(jsonString: value)
        }
        buffer.append("]")
    }

    private static func append(_ name: StaticString, _ literal: String?, to buffer: inout ByteBuffer) {
        guard let literal else { return }
        buffer.append(",\"")
        buffer.append(name)
        buffer.append("\":")
        buffer.append(utf8: literal)
    }
}
