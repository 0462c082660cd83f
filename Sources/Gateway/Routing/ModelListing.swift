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
    func list(_ allowance: Allowance?) -> ByteBuffer {
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
    func entry(_ name: String, _ allowance: Allowance?) -> ByteBuffer? {
        var buffer = ByteBuffer()
        let bytes = Array(name.utf8)
        if let preset = bytes.withBytes({ table.preset($0) }) {
            guard isShown(preset: preset, allowance) else { return nil }
            append(name, to: &buffer)
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

    private func writeEntries() {
        guard entries.isEmpty else { return }
        var last: Deployment?
        for (place, deployment) in table.deployments.enumerated() {
            defer { last = deployment }
            // The keys of a provider have the same models.
            if let last, last.provider === deployment.provider, last.model.id == deployment.model.id { continue }
            // Where its id means something else, it is found by `provider/id`.
            let id = Array(deployment.model.id.utf8)
            guard let name = number(id, at: place) ?? number(deployment.provider.prefix + id, at: place) else { continue }
            let start = text.count
            append(deployment, as: String(decoding: table.names.table.name(name), as: UTF8.self), to: &text)
            entries.append(Entry(place: Int32(clamping: place), name: Int32(clamping: name), bytes: start..<text.count))
        }
    }

    /// The number of a name; `nil` when it does not mean the deployment at `place`.
    private func number(_ name: [UInt8], at place: Int) -> Int? {
        guard let number = name.withBytes({ table.names.number(of: $0) }), table.names.members(number).contains(Int32(clamping: place)) else {
            return nil
        }
        return number
    }

    private func append(_ preset: String, to buffer: inout ByteBuffer) {
        append(preset, created: createdAt, owner: "proxy-system", to: &buffer)
        buffer.append("}")
    }

    private func append(_ deployment: Deployment, as name: String, to buffer: inout ByteBuffer) {
        let model = deployment.model
        append(name, created: model.created ?? createdAt, owner: deployment.provider.name, to: &buffer)
        if let contextLength = model.contextLength {
            buffer.append(",\"context_length\":")
            buffer.append(decimal: contextLength)
        }
        buffer.append("}")
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
