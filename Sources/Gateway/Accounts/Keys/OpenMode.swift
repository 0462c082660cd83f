/// Decides whether clients are served without a key, and remembers for the life of the process that they are not.
///
/// Open mode is what nobody has ended yet. A token, an admin key, a kept key, the memory of one, or doubt about it ends it for good: neither a
/// reload nor a lost store brings it back. Only `server.authentication: none`, which an operator writes, serves without keys after that.
///
/// | `server.authentication` | served without a key |
/// | --- | --- |
/// | `automatic` | while nothing has ended it, and the store has said that it holds no key |
/// | `keys` | never |
/// | `none` | always, on an address that only this machine reaches |
struct OpenMode: Sendable {
    private var authentication = Authentication.keys
    private var isLoopback = false
    private var hasEnded = false

    /// Takes what a configuration says.
    mutating func configure(_ server: ServerOptions) {
        (authentication, isLoopback) = (server.authentication, server.isLoopback)
        if !server.mayBeOpen || !server.isLoopback { hasEnded = true }
    }

    /// Ends it for good.
    mutating func end() { hasEnded = true }

    /// Whether everybody is served.
    ///
    /// - Parameter keysAreKnown: Whether the store's keys have been read.
    func servesEverybody(keysAreKnown: Bool) -> Bool {
        switch authentication {
        case .automatic: !hasEnded && keysAreKnown
        case .keys: false
        case .none: isLoopback
        }
    }
}
