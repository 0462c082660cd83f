internal import ArgumentParser
internal import Gateway
internal import Storage
internal import Wire

/// `best keys update`.
struct KeysUpdate: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "update", abstract: "Change a key's name, limits, weight, models, tags or expiry; `none` takes a limit away.")

    @Argument(help: "The key's id.") var id: String
    @Option(help: "A new name.") var name: String?
    @OptionGroup var limits: LimitArguments
    @OptionGroup var place: ConfigurationArguments
    @Flag(help: "Print the key as JSON.") var json = false

    func validate() throws {
        if let name, !(1...100).contains(name.count) { throw ValidationError("--name must have 1 to 100 characters") }
    }

    func work(on store: SQLiteStore) async throws {
        var change = KeyChange()
        change.name = name
        try limits.apply(to: &change, at: .now)
        guard let key = try await store.update(KeysCommand.id(id), change) else { throw KeysCommand.unknown() }
        KeysCommand.show(key, json: json, remark: "changed the key \(key.id.value) (\(key.name))")
    }
}
