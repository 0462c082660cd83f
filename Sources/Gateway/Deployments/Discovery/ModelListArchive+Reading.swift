internal import Wire

extension ModelListArchive {
    /// Reads an archive; `nil` when the bytes are none, or one of another version.
    init?(reading bytes: [UInt8]) {
        guard bytes.count <= ModelListArchive.maximumBytes, bytes.withBytes({ read($0) }) else { return nil }
    }

    /// Bytes of an archive that are read: as many as 16 lists of the largest size have.
    static let maximumBytes = 16 * DiscoveryLimits.maximumBytes

    private mutating func read(_ body: RawSpan) -> Bool {
        do throws(JSONError) {
            var scanner = JSONScanner(body)
            var version: Int?
            try scanner.enterObject()
            while let member = try scanner.nextMember() {
                if member.equals("version", in: body) {
                    version = try scanner.readIntegerOrSkip(atMost: ForeignNumber.count)
                } else if member.equals("lists", in: body), try scanner.enterArrayOrSkip() {
                    while try scanner.nextElement() {
                        if let list = try Self.readList(&scanner, body) { lists.append(list) }
                    }
                } else if !member.equals("lists", in: body) {
                    try scanner.skipValue()
                }
            }
            try scanner.finish()
            return version == ModelListArchive.version
        } catch {
            return false
        }
    }

    private static func readList(_ scanner: inout JSONScanner, _ body: RawSpan) throws(JSONError) -> List? {
        guard try scanner.enterObjectOrSkip() else { return nil }
        var list = List(provider: "", url: "", fetchedAt: 0, models: [])
        while let member = try scanner.nextMember() {
            if member.equals("provider", in: body) {
                list.provider = try scanner.readTextOrSkip()?.string(in: body) ?? ""
            } else if member.equals("url", in: body) {
                list.url = try scanner.readTextOrSkip()?.string(in: body) ?? ""
            } else if member.equals("fetched_at", in: body) {
                list.fetchedAt = max(0, try scanner.readIntegerOrSkip(atMost: ForeignNumber.timestamps.upperBound) ?? 0)
            } else if member.equals("models", in: body), try scanner.nextKind() == .array {
                try scanner.enterArray()
                while try scanner.nextElement() {
                    if let model = try readModel(&scanner, body), list.models.count < DiscoveryLimits.maximumModels { list.models.append(model) }
                }
            } else {
                try scanner.skipValue()
            }
        }
        return list.provider.isEmpty ? nil : list
    }

    private static func readModel(_ scanner: inout JSONScanner, _ body: RawSpan) throws(JSONError) -> ModelConfiguration? {
        guard try scanner.enterObjectOrSkip() else { return nil }
        var model = ModelConfiguration(id: "")
        while let member = try scanner.nextMember() {
            if member.equals("id", in: body) {
                model.id = try scanner.readTextOrSkip()?.string(in: body) ?? ""
            } else if member.equals("kind", in: body) {
                model.kind = try scanner.readTextOrSkip().flatMap { ModelKind(rawValue: $0.string(in: body)) }
            } else if member.equals("context_length", in: body) {
                model.contextLength = try positive(&scanner, atMost: DiscoveryLimits.maximumContextLength)
            } else if member.equals("max_output_tokens", in: body) {
                model.maximumOutputTokens = try positive(&scanner, atMost: DiscoveryLimits.maximumContextLength)
            } else if member.equals("created", in: body) {
                model.created = try positive(&scanner, atMost: ForeignNumber.timestamps.upperBound)
            } else if member.equals("input_modalities", in: body) {
                model.inputModalities = try modalities(&scanner, body)
            } else if member.equals("output_modalities", in: body) {
                model.outputModalities = try modalities(&scanner, body)
            } else if member.equals("aliases", in: body) {
                model.aliases = try texts(&scanner, body).filter { !$0.contains(",") }
            } else if member.equals("other_names", in: body) {
                model.otherNames = try texts(&scanner, body)
            } else if member.equals("supported_parameters", in: body) {
                model.supportedParameters = try texts(&scanner, body).filter(ModelEntry.isWord)
            } else if member.equals("supports_tools", in: body) {
                model.supportsTools = try scanner.readBooleanOrSkip()
            } else if member.equals("supports_json", in: body) {
                model.supportsJSON = try scanner.readBooleanOrSkip()
            } else if member.equals("supports_schemas", in: body) {
                model.supportsSchemas = try scanner.readBooleanOrSkip()
            } else if let known = prices.first(where: { member.equals($0.name, in: body) }) {
                model.prices[keyPath: known.price] = try price(&scanner, body)
            } else if member.equals("price_tiers", in: body) {
                model.prices.tiers = try tiers(&scanner, body)
            } else {
                try scanner.skipValue()
            }
        }
        // An earlier version may have known fewer names.
        if model.kind == nil { model.kind = ModelKind(guessedFrom: model.id) }
        // The file is ours, but anyone may have edited it.
        return ModelEntry.isName(model.id) ? model : nil
    }

    private static func positive(_ scanner: inout JSONScanner, atMost limit: Int) throws(JSONError) -> Int? {
        try scanner.readIntegerOrSkip(atMost: limit).flatMap { $0 > 0 ? $0 : nil }
    }

    private static func tiers(_ scanner: inout JSONScanner, _ body: RawSpan) throws(JSONError) -> [TokenPrices.Tier] {
        guard try scanner.enterArrayOrSkip() else { return [] }
        var tiers = TokenPrices()
        while try scanner.nextElement() {
            guard try scanner.enterArrayOrSkip() else { continue }
            var numbers: [Double?] = []
            while try scanner.nextElement() {
                let found = try price(&scanner, body)
                if numbers.count < 6 { numbers.append(found) }
            }
            guard numbers.count == 6, let above = numbers[0] else { continue }
            var tier = TokenPrices.Tier(above: Int(clamping: above))
            (tier.prompt, tier.completion, tier.cacheRead, tier.cacheWrite, tier.reasoning) = (
                numbers[1], numbers[2], numbers[3], numbers[4], numbers[5]
            )
            if tiers.tiers.count < TokenPrices.mostTiers { tiers.tiers.append(tier) }
        }
        return tiers.tidy.tiers
    }

    private static func price(_ scanner: inout JSONScanner, _ body: RawSpan) throws(JSONError) -> Double? {
        let isNumber = try scanner.nextKind() == .number
        let range = try scanner.skipValue()
        guard isNumber, let value = Double(body.extracting(range).text), value >= 0 else { return nil }
        return min(value, DiscoveryLimits.maximumPrice)
    }

    private static func texts(_ scanner: inout JSONScanner, _ body: RawSpan) throws(JSONError) -> [String] {
        var found: [String] = []
        guard try scanner.enterArrayOrSkip() else { return found }
        while try scanner.nextElement() {
            if let text = try scanner.readTextOrSkip()?.string(in: body), ModelEntry.isName(text) { found.append(text) }
        }
        return found
    }

    private static func modalities(_ scanner: inout JSONScanner, _ body: RawSpan) throws(JSONError) -> Set<Modality>? {
        let known = Set(try texts(&scanner, body).compactMap(Modality.init(rawValue:)))
        return known.isEmpty ? nil : known
    }
}
