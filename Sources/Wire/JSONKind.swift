/// The seven kinds of JSON value, with the two truth values told apart (RFC 8259 §3).
public enum JSONKind: UInt8, Sendable {
    case object, array, string, number, `true`, `false`, null
}
