/// Whether clients need a key: `server.authentication`.
public enum Authentication: String, CaseIterable, Hashable, Sendable {
    /// As long as there has never been a key, a token or an admin key, nobody needs one; from the first of them on everybody does.
    case automatic
    /// Everybody always needs one.
    case keys
    /// Nobody ever needs one.
    case none
}
