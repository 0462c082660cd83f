internal import ArgumentParser
internal import Gateway
internal import Storage
internal import Wire

/// `best keys rotate`.
struct KeysRotate: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "rotate", abstract: "Give a key a new secret and show it, this once; the old one opens nothing any more.")

    @Argument(help: "The key's id.") var id: String
    @OptionGroup var place: ConfigurationArguments
    @Flag(help: "Print the key and all about it as JSON.") var json = false

    func work(on store: SQLiteStore) async throws {
        var generator = SystemRandomNumberGenerator()
        let fresh = ClientKey(id: KeysCommand.id(id), using: &generator)
        guard let key = try await store.rotate(fresh.id, to: fresh.digest) else { throw KeysCommand.unknown() }
        KeysCommand.show(
            key, plaintext: fresh.plaintext, json: json, remark: "the key \(key.id.value) (\(key.name)) has a new secret; it is not shown again:")
    }
}
