internal import ArgumentParser
internal import Gateway
internal import Storage
internal import Wire

/// `best keys list`.
struct KeysList: StoreReadingCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "Show the keys that are in use, never a secret.")

    @Flag(help: "Also the keys that are revoked.") var all = false
    @OptionGroup var place: ConfigurationArguments
    @Flag(help: "Print JSON: {\"data\": [...]}.") var json = false

    func work(on store: StoreReader) throws {
        let keys = store.keys.filter { all || $0.revokedAt == nil }
        if json {
            var body = ByteBuffer()
            body.append("{\"data\":[")
            for (index, key) in keys.enumerated() {
                if index > 0 { body.append(",") }
                key.appendJSON(to: &body)
            }
            body.append("]}")
            return Terminal.out(body.bytes.text)
        }
        guard !keys.isEmpty else { return Terminal.say("no keys; make one with: best keys create NAME") }
        let now = UnixTime.now
        var table = TextTable(["ID", "NAME", "STATE", "CREATED", "LAST USED", "MODELS", "LIMITS", "WEIGHT", "TAGS"])
        for key in keys {
            table.add([
                key.id.value, key.name, Self.state(of: key, at: now), key.createdAt.dayText, key.lastUsed?.description ?? "never",
                key.models.isEmpty ? "all" : key.models.joined(separator: ", "), Self.text(of: key.limits), "\(key.weight)",
                key.tags.joined(separator: ", "),
            ])
        }
        for line in table.lines { Terminal.out(line) }
    }

    private static func state(of key: StoredKey, at now: UnixTime) -> String {
        if let revoked = key.revokedAt { return "revoked \(revoked.dayText)" }
        guard let expiry = key.expiresAt else { return "in use" }
        return now < expiry ? "until \(expiry)" : "expired \(expiry.dayText)"
    }

    private static func text(of limits: KeyLimits) -> String {
        var parts: [String] = []
        if let limit = limits.requestsPerMinute { parts.append("\(limit) req/min") }
        if let limit = limits.requestsPerDay { parts.append("\(limit) req/day") }
        if let limit = limits.tokensPerMinute { parts.append("\(limit) tok/min") }
        if let limit = limits.tokensPerDay { parts.append("\(limit) tok/day") }
        if let limit = limits.concurrency { parts.append("\(limit) at a time") }
        if let budget = limits.budget { parts.append("\(budget) USD/\(limits.budgetPeriod.rawValue)") }
        return parts.isEmpty ? "none" : parts.joined(separator: ", ")
    }
}
