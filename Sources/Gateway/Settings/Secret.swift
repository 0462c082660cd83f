/// A credential that cannot print itself.
///
/// Neither interpolation, `dump`, a mirror nor an enclosing type's description shows the text; `reveal` is the one way out.
/// There is deliberately no `==`: credentials are compared as digests, in constant time, by the code that authenticates.
public struct Secret: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    private let value: String

    /// Wraps `value`.
    public init(_ value: String) {
        self.value = value
    }

    /// Whether there is no character in it.
    public var isEmpty: Bool { value.isEmpty }

    /// Hands the text to `use` and returns what that makes of it; every call is a place to look at in review.
    public func reveal<Result, Failure: Error>(_ use: (String) throws(Failure) -> Result) throws(Failure) -> Result {
        try use(value)
    }

    /// A placeholder, the same for every secret.
    public var description: String { "Secret(redacted)" }

    /// A placeholder, the same for every secret.
    public var debugDescription: String { description }

    /// A mirror without children; the default one would show the text to `dump`.
    public var customMirror: Mirror { Mirror(self, children: []) }
}
