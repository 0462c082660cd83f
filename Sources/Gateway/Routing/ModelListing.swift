internal import Wire

/// The bodies of `GET /v1/models` and `GET /v1/models/{id}` for one table: written once, when they are asked for first.
final class ModelListing {
    /// One model at one provider.
    private struct Entry {
        /// Its place in the table.
        let place: Int32
        /// The number of the name it is listed under, by which entries of one name are known.
        let name: Int32
        let bytes: Range<Int>
    }

    private let table: RouteTable
    /// What `created` says, in seconds since 1970, for models whose provider does not say when they came out.
    private let createdAt: Int
    private var entries: [Entry] = []
    /// The entries' JSON, one after the other.
    private var text = ByteBuffer()
    private var whole = ByteBuffer()

    init(_ table: RouteTable, createdAt: Int) {
        self.table = table
        self.createdAt = createdAt
    }

    /// The list of everything: the virtual models, then each id once, best first.
    func withAll<Result>(_ body: (borrowing ByteBuffer) -> Result) -> Result {
        if whole.isEmpty { whole = list(nil) }
        return body(whole)
    }

    /// The list of what a key may ask for.
    func list(_ allowance: Allowance?, _ grant: KeyGrant? = nil) -> ByteBuffer {
        writeEntries()
        var listing = ByteBuffer(capacity: 64 * 1024)
        listing.append("{\"object\":\"list\",\"data\":[")
        var isFirst = true
        func separate(_ listing: inout ByteBuffer) {
            if !isFirst { listing.append(",") }
            isFirst = false
        }
        for (index, name) in table.presets.enumerated() where isShown(preset: index, allowance) {
            separate(&listing)
            append(name, to: &listing)
        }
        let shown = shownAliases(allowance, grant)
        for (place, alias) in table.aliases.names.enumerated() where shown.contains(place) {
            separate(&listing)
            append(alias, alias.name, allowance, grant, to: &listing)
        }
        var seen = PlaceSet(count: table.names.table.count)
        for entry in entries where allowance?.allows(Int(entry.place)) ?? true {
            guard !seen.contains(Int(entry.name)) else { continue }
            seen.insert(Int(entry.name))
            separate(&listing)
            listing.append(text.bytes.extracting(entry.bytes))
        }
        listing.append("]}")
        return listing
    }

    /// One model, under any name that means it exactly; `nil` when there is none that a key may ask for.
    func entry(_ name: String, _ allowance: Allowance?, _ grant: KeyGrant? = nil) -> ByteBuffer? {
        var buffer = ByteBuffer()
        let bytes = Array(name.utf8)
        if let preset = bytes.withBytes({ table.preset($0) }) {
            guard isShown(preset: preset, allowance) else { return nil }
            append(name, to: &buffer)
            return buffer
        }
        // Also a name that only a pattern fits: clients look whether the model is there that they were told to ask for.
        if let alias = table.alias(of: name) {
            guard isShown(alias, name, allowance, grant) else { return nil }
            append(alias, name, allowance, grant, to: &buffer)
            return buffer
        }
        let found = bytes.withBytes { table.exact($0) }.first { allowance?.allows($0.standing.place) ?? true }
        guard let found else { return nil }
        append(found, as: found.model.id, to: &buffer)
        return buffer
    }

    private func isShown(preset: Int, _ allowance: Allowance?) -> Bool {
        !table.deployments.isEmpty && allowance?.shows(preset: preset) ?? true
    }

    /// Which aliases are of use, by their places. With hundreds of them that takes milliseconds, so it is found out once for each key.
    private func shownAliases(_ allowance: Allowance?, _ grant: KeyGrant?) -> PlaceSet {
        if let known = allowance?.shownAliases { return known }
        var shown = PlaceSet(count: table.aliases.names.count)
        for (place, alias) in table.aliases.names.enumerated() where isShown(alias, alias.name, allowance, grant) { shown.insert(place) }
        allowance?.shownAliases = shown
        return shown
    }

    /// Whether an alias is of use: it stands for something that is there and that the key may ask for.
    private func isShown(_ alias: ModelAlias, _ name: String, _ allowance: Allowance?, _ grant: KeyGrant?) -> Bool {
        let isFree = isFree(name, allowance, grant)
        return alias.targets.contains { target in
            let bytes = Array(target.utf8)
            if let preset = bytes.withBytes({ table.preset($0) }) {
                return !table.deployments.isEmpty && (isFree || isShown(preset: preset, allowance))
            }
            return bytes.withBytes { table.exact($0) }.contains { isFree || allowance?.allows($0.standing.place) ?? true }
        }
    }

    /// Whether a key may ask for whatever an alias of this name stands for.
    private func isFree(_ name: String, _ allowance: Allowance?, _ grant: KeyGrant?) -> Bool {
        allowance == nil || grant.map { grant in grant.models.contains { $0.matches(name) } } ?? true
    }

    /// An alias, with what is known of the model where it stands for one alone.
    private func append(
        _ alias: ModelAlias, _ name: String, _ allowance: Allowance?, _ grant: KeyGrant?, to buffer: inout ByteBuffer
    ) {
        let target = Array(alias.targets.first?.utf8 ?? "".utf8)
        let isFree = isFree(name, allowance, grant)
        guard alias.targets.count == 1, target.withBytes({ table.preset($0) }) == nil,
            let deployment = target.withBytes({ table.exact($0) }).first(where: { isFree || allowance?.allows($0.standing.place) ?? true })
        else { return append(name, to: &buffer) }
        append(deployment, as: name, owner: ModelListing.ownOwner, to: &buffer)
    }

    private func writeEntries() {
        guard entries.isEmpty else { return }
        var last: Deployment?
        for (place, deployment) in table.deployments.enumerated() {
            defer { last = deployment }
            // The keys of a provider have the same models.
            if let last, last.provider === deployment.provider, last.model.id == deployment.model.id { continue }
            // Where its id means something else, it is found by `provider/id`.
            let id = Array(deployment.model.id.utf8)
            // The operator's names mean what he says, whatever a provider calls its model.
            let plain = table.aliases.isPlain(deployment.model.id) ? nil : number(id, at: place)
            guard let name = plain ?? number(deployment.provider.prefix + id, at: place) else { continue }
            let start = text.count
            append(deployment, as: String(decoding: table.names.table.name(name), as: UTF8.self), to: &text)
            entries.append(Entry(place: Int32(clamping: place), name: Int32(clamping: name), bytes: start..<text.count))
        }
    }

    /// The number of a name; `nil` when it does not mean the deployment at `place`.
    private func number(_ name: [UInt8], at place: Int) -> Int? {
        guard let number = name.withBytes({ table.names.number(of: $0) }), table.members(number).contains(Int32(clamping: place)) else {
            return nil
        }
        return number
    }

    private func append(_ preset: String, to buffer: inout ByteBuffer) {
        append(preset, created: createdAt, owner: ModelListing.ownOwner, to: &buffer)
        buffer.append("}")
    }

    /// Who owns the gateway's own names and the operator's.
    private static let ownOwner = "proxy-system"

    /// An entry in OpenRouter's form, of what is known.
    private func append(_ deployment: Deployment, as name: String, owner: String? = nil, to buffer: inout ByteBuffer) {
        let (model, quality) = (deployment.model, deployment.standing.quality)
        append(name, created: model.created ?? createdAt, owner: owner ?? deployment.provider.name, to: &buffer)
        let contextLength = model.contextLength ?? quality.contextLength
        if let contextLength {
            buffer.append(",\"context_length\":")
            buffer.append(decimal: contextLength)
        }
        if let inputs = model.inputModalities ?? quality.inputModalities {
            // Who takes something and says no more answers in text.
            appendModalities(inputs, model.outputModalities ?? [.text], to: &buffer)
        }
        if let prices = table.prices(of: deployment) {
            buffer.append(",\"pricing\":{\"prompt\":\"")
            buffer.append(utf8: ModelListing.price(prices.prompt))
            buffer.append("\",\"completion\":\"")
            buffer.append(utf8: ModelListing.price(prices.completion))
            buffer.append("\"")
            appendFurther(deployment.pricing.prices, to: &buffer)
            buffer.append("}")
        }
        if contextLength != nil || deployment.longestAnswer != nil {
            buffer.append(",\"top_provider\":{\"context_length\":")
            append(contextLength, to: &buffer)
            buffer.append(",\"max_completion_tokens\":")
            append(deployment.longestAnswer, to: &buffer)
            buffer.append("}")
        }
        let parameters = ModelListing.parameters(of: model)
        if !parameters.isEmpty {
            buffer.append(",\"supported_parameters\":")
            append(parameters, to: &buffer)
        }
        buffer.append("}")
    }

    /// The prices that not everybody has, under OpenRouter's names; those for a request and a picture are for one of them.
    private func appendFurther(_ prices: TokenPrices, to buffer: inout ByteBuffer) {
        let further: [(name: StaticString, price: Double?)] = [
            ("input_cache_read", prices.cacheRead), ("input_cache_write", prices.cacheWrite), ("internal_reasoning", prices.reasoning),
            ("request", prices.request.map { $0 * 1_000_000 }), ("image", prices.image.map { $0 * 1_000_000 }),
        ]
        for (name, price) in further {
            guard let price else { continue }
            buffer.append(",\"")
            buffer.append(name)
            buffer.append("\":\"")
            buffer.append(utf8: ModelListing.price(price))
            buffer.append("\"")
        }
    }

    private func appendModalities(_ inputs: Set<Modality>, _ outputs: Set<Modality>, to buffer: inout ByteBuffer) {
        // In the order of the enumeration, text first.
        let (inputs, outputs) = (Modality.allCases.filter(inputs.contains), Modality.allCases.filter(outputs.contains))
        buffer.append(",\"architecture\":{\"modality\":")
        buffer.append(
            jsonString: "\(inputs.map(\.rawValue).joined(separator: "+"))->\(outputs.map(\.rawValue).joined(separator: "+"))")
        buffer.append(",\"input_modalities\":")
        append(inputs.map(\.rawValue), to: &buffer)
        buffer.append(",\"output_modalities\":")
        append(outputs.map(\.rawValue), to: &buffer)
        buffer.append("}")
    }

    private func append(_ texts: [String], to buffer: inout ByteBuffer) {
        buffer.append("[")
        for (index, text) in texts.enumerated() {
            if index > 0 { buffer.append(",") }
            buffer.append(jsonString: text)
        }
        buffer.append("]")
    }

    private func append(_ number: Int?, to buffer: inout ByteBuffer) {
        if let number { buffer.append(decimal: number) } else { buffer.append("null") }
    }

    /// The parameters that a model is known to take: what its list says, else what follows from what is known of it.
    private static func parameters(of model: ModelConfiguration) -> [String] {
        guard model.supportedParameters.isEmpty else { return model.supportedParameters }
        var known: [String] = []
        if model.supportsTools == true { known += ["tools", "tool_choice"] }
        if model.supportsJSON == true || model.supportsSchemas == true { known.append("response_format") }
        if model.supportsSchemas == true { known.append("structured_outputs") }
        return known
    }

    /// US dollars for one token, from those for a million: a decimal number without an exponent and without zeros at its end, as OpenRouter has it.
    static func price(_ dollarsPerMillion: Double) -> String {
        // Twelve places: a millionth of a dollar for a million tokens.
        let places = 12
        var digits = String(UInt64((dollarsPerMillion * 1_000_000).rounded().clamped(to: 0...9e18)))
        while digits.utf8.count <= places { digits = "0" + digits }
        let point = digits.index(digits.endIndex, offsetBy: -places)
        var text = digits[..<point] + "." + digits[point...]
        while text.last == "0" { text.removeLast() }
        if text.last == "." { text.removeLast() }
        return String(text)
    }

    private func append(_ id: String, created: Int, owner: String, to buffer: inout ByteBuffer) {
        buffer.append("{\"id\":")
        buffer.append(jsonString: id)
        buffer.append(",\"object\":\"model\",\"created\":")
        buffer.append(decimal: created)
        buffer.append(",\"owned_by\":")
        buffer.append(jsonString: owner)
    }
}
