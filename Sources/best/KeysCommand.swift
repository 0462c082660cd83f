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

    /// Makes a key and keeps it; an id that is taken is drawn anew.
    static func make(_ name: String, _ change: KeyChange, at now: UnixTime, on store: SQLiteStore) async throws(StoreFailure) -> (StoredKey, Secret) {
        var generator = SystemRandomNumberGenerator()
        while true {
            let key = ClientKey(using: &generator)
            let stored = change.applied(to: StoredKey(key, name: name, createdAt: now))
            do throws(StoreFailure) {
                try await store.create(stored)
                return (stored, key.plaintext)
            } catch {
                guard error.code == .idTaken else { throw error }
            }
        }
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
