/// A header field that is added to every request to a provider.
///
/// The name is an RFC 9110 §5.6.2 token and none that the gateway sets itself (framing, `Host`, `Authorization`); the value is visible
/// ASCII with inner spaces and tabs. The value may be a credential, so it does not print.
public struct ConfiguredHeader: Sendable {
    /// The field name, as the file spells it.
    public let name: String
    /// The field value.
    public let value: Secret

    /// Makes a field from a name and value that were checked.
    public init(name: String, value: Secret) {
        self.name = name
        self.value = value
    }
}
