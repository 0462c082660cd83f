/// The kinds of JSON value, with `true` and `false` as separate kinds (RFC 8259 §3).
public enum JSONKind: UInt8, Sendable {
    case object, array, string, number, `true`, `false`, null
}
