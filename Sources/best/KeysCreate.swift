internal import ArgumentParser
internal import Gateway
internal import Storage
internal import Wire

/// `best keys create`.
struct KeysCreate: StoreCommand {
    static let mayMakeDirectory = true

    static let configuration = CommandConfiguration(
        commandName: "create", abstract: "Make a key and show it, this once.",
        discussion: "The key alone goes to standard output, so that a script can take it: KEY=$(best keys create ci).")

    @Argument(help: "A name for people, logs and metrics.") var name: String
    @OptionGroup var limits: LimitArguments
    @OptionGroup var place: ConfigurationArguments
    @Flag(help: "Print the key and all about it as JSON.") var json = false

    func validate() throws {
        guard (1...100).contains(name.count) else { throw ValidationError("NAME must have 1 to 100 characters") }
    }

    func work(on store: SQLiteStore) async throws {
        let now = UnixTime.now
        var change = KeyChange()
        try limits.apply(to: &change, at: now)
        let (stored, plaintext) = try await KeysCommand.make(name, change, at: now, on: store)
        KeysCommand.show(
            stored, plaintext: plaintext, json: json, remark: "made the key \(stored.id.value) (\(name)); it is not shown again:")
    }
}
