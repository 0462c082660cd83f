internal import Wire

/// The bodies of `GET /v1/models` and `GET /v1/models/{id}` for one table: written when they are asked for first, in pieces, and then kept.
final class ModelListing {
    /// One model at one provider.
    private struct Entry {
        /// Its place in the table.
        let place: Int32
        /// The number of the name it is listed under, by which entries of one name are known.
        let name: Int32
        let bytes: Range<Int>
    }

    /// Models that are written in one turn of the loop, at about 0.001 ms each.
    static let effortPerTurn = 512
    /// What finding out what an alias stands for counts as, beside writing a model.
    private static let effortOfAlias = 2

    private let table: RouteTable
    /// What `created` says, in seconds since 1970, for models whose provider does not say when they came out.
    private let createdAt: Int
    private var entries: [Entry] = []
    /// The entries' JSON, one after the other.
    private var text = ByteBuffer()
    private var whole = ByteBuffer()
    /// How many of the deployments have been looked at, and how many of the aliases.
    private var (written, looked) = (0, 0)
    /// Which aliases are of use to those who may ask for everything.
    private var usefulAliases: PlaceSet

    init(_ table: RouteTable, createdAt: Int) {
        self.table = table
        self.createdAt = createdAt
        usefulAliases = PlaceSet(count: table.aliases.names.count)
    }

    /// Writes a piece of what all lists are made of; whether all of it is written.
    func advance(effort: Int = effortPerTurn) -> Bool {
        var left = effort
        while written < table.deployments.count {
            guard left > 0 else { return false }
            left -= 1
            writeEntry(of: written)
            written += 1
        }
        let aliases = table.aliases.names
        while looked < aliases.count {
            guard left > 0 else { return false }
            left -= ModelListing.effortOfAlias
            if table.isOfUse(aliases[looked], isFree: true, nil) { usefulAliases.insert(looked) }
            looked += 1
        }
        return true
    }

    /// The list of everything: the virtual models, then each id once, best first.
    func withAll<Result>(_ body: (borrowing ByteBuffer) -> Result) -> Result {
        if whole.isEmpty { whole = list(nil) }
        return body(whole)
    }

    /// The list of what a key may ask for.
    func list(_ allowance: Allowance?) -> ByteBuffer {
        while !advance(effort: .max) {}
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
        let shown = allowance?.shownAliases ?? usefulAliases
        for (place, alias) in table.aliases.names.enumerated() where shown.contains(place) {
            separate(&listing)
            append(alias, alias.name, isFree: allowance?.freeAliases.contains(place) ?? true, allowance, to: &listing)
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
            let isFree = allowance == nil || grant?.frees(name) ?? true
            guard table.isOfUse(alias, isFree: isFree, allowance) else { return nil }
            append(alias, name, isFree: isFree, allowance, to: &buffer)
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

    /// An alias, with what is known of the model where it stands for one alone.
    private func append(_ alias: ModelAlias, _ name: String, isFree: Bool, _ allowance: Allowance?, to buffer: inout ByteBuffer) {
        let target = Array(alias.targets.first?.utf8 ?? "".utf8)
        guard alias.targets.count == 1, target.withBytes({ table.preset($0) }) == nil,
            let deployment = target.withBytes({ table.exact($0) }).first(where: { isFree || allowance?.allows($0.standing.place) ?? true })
        else { return append(name, to: &buffer) }
        append(deployment, as: name, owner: ModelListing.ownOwner, to: &buffer)
    }

    private func writeEntry(of place: Int) {
        let deployment = table.deployments[place]
        if place > 0 {
            // The keys of a provider have the same models.
            let last = table.deployments[place - 1]
            if last.provider === deployment.provider, last.model.id == deployment.model.id { return }
        }
        // Where its id means something else, it is found by `provider/id`.
        let id = Array(deployment.model.id.utf8)
        // The operator's names mean what he says, whatever a provider calls its model.
        let plain = table.aliases.isPlain(deployment.model.id) ? nil : number(id, at: place)
        guard let name = plain ?? number(deployment.provider.prefix + id, at: place) else { return }
        let start = text.count
        append(deployment, as: String(decoding: table.names.table.name(name), as: UTF8.self), to: &text)
        entries.append(Entry(place: Int32(clamping: place), name: Int32(clamping: name), bytes: start..<text.count))
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
