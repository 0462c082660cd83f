/// Why a text is not an acceptable `HTTPURL`.
///
/// It never quotes the text: a URL that was refused may hold a password or a key.
public struct HTTPURLError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What was wrong: lower case, without a full stop, fit to follow "the URL".
    public let description: String

    static let scheme = Self(description: "does not begin with http:// or https://")
    static let length = Self(description: "is longer than \(HTTPURL.maximumLength) bytes")
    static let characters = Self(description: "holds white space, a control character or a character that must be percent-encoded")
    static let userInformation = Self(description: "holds a user name or password")
    static let query = Self(description: "holds a query")
    static let fragment = Self(description: "holds a fragment")
    static let host = Self(description: "has no valid host")
    static let address = Self(description: "has an IP address that is not in its plain form")
    static let port = Self(description: "has a port that is not in 1...65535")
    static let percent = Self(description: "has a % that two hexadecimal digits do not follow")
    static let segments = Self(description: "has an empty, . or .. segment in its path")
}
