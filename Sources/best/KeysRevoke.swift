internal import ArgumentParser
internal import Gateway
internal import Storage
internal import Wire

/// `best keys revoke`.
struct KeysRevoke: StoreCommand {
    static let configuration = CommandConfiguration(commandName: "revoke", abstract: "Refuse a key for good.")

    @Argument(help: "The key's id.") var id: String
    @OptionGroup var place: ConfigurationArguments
    @Flag(help: "Print the key as JSON.") var json = false

    func work(on store: SQLiteStore) async throws {
        guard let key = try await store.revoke(KeysCommand.id(id), at: .now) else { throw KeysCommand.unknown() }
        KeysCommand.show(key, json: json, remark: "revoked the key \(key.id.value) (\(key.name))")
    }
}
