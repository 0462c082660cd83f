/// Why lists of models could not be kept or read again: lower case, without a full stop.
public struct ModelListCacheError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The reason in words.
    public let description: String

    /// Makes an error.
    public init(_ description: String) {
        self.description = description
    }
}
