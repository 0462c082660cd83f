internal import ArgumentParser
internal import Gateway
internal import Storage
internal import Wire

/// `best keys`: the admin API's work on client keys, from the shell.
struct KeysCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keys",
        abstract: "Make, list, change and revoke client keys.",
        discussion: """
            Works on the gateway's own store in the data directory, also while the gateway runs: it takes a change over within a second or two. \
            The first key that is ever made ends open mode at once and for good (server.authentication in best.yaml). Run it as the user the gateway runs as. A key is shown once, when it is made; only a digest of it is kept.

            Examples:
              best keys create ann --requests-per-minute 60 --budget 10 --budget-period month
              best keys create chat --weight 4 --tag people
              best keys list
              best keys update 1f0c9k2m4x7a --tokens-per-day 200000 --requests-per-minute none
              best keys rotate 1f0c9k2m4x7a
              best keys revoke 1f0c9k2m4x7a
            """,
        subcommands: [KeysCreate.self, KeysList.self, KeysUpdate.self, KeysRotate.self, KeysRevoke.self])

    /// The id in what a person gives: an id, the visible part of a key, or by mistake the whole key.
    static func id(_ text: String) -> VirtualKey.ID {
        var rest = text[...]
        if rest.hasPrefix("\(ClientKey.scheme)") { rest = rest.dropFirst(ClientKey.scheme.utf8CodeUnitCount).prefix(ClientKey.idLength) }
        return VirtualKey.ID(String(rest))
    }

    /// Says that there is no such key; not what was given, which may have been a whole key.
    static func unknown() -> any Error {
        Terminal.error("there is no key of this id that is not revoked; `best keys list` shows them")
        return ExitCode.failure
    }

    /// Shows one key, and the whole of it where it was just made.
    static func show(_ key: StoredKey, plaintext: Secret? = nil, json: Bool, remark: String) {
        guard !json else {
            var body = ByteBuffer()
            key.appendJSON(to: &body, plaintext: plaintext)
            return Terminal.out(body.bytes.text)
        }
        Terminal.say(remark.printable)
        plaintext?.reveal { Terminal.out($0) }
    }
}

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
        var generator = SystemRandomNumberGenerator()
        let now = UnixTime.now
        var change = KeyChange()
        try limits.apply(to: &change, at: now)
        while true {
            let key = ClientKey(using: &generator)
            let stored = change.applied(to: StoredKey(key, name: name, createdAt: now))
            do throws(StoreFailure) {
                try await store.create(stored)
            } catch {
                if error.code == .idTaken { continue }
                throw error
            }
            return KeysCommand.show(
                stored, plaintext: key.plaintext, json: json, remark: "made the key \(key.id.value) (\(name)); it is not shown again:")
        }
    }
}

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
