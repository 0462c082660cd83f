public import Cryptography
internal import Wire

/// A client key in full, `llmgw-sk-<id>-<secret>`: exists only while it is made and shown, once.
///
/// The id is 12 letters and digits and finds the key; the secret is 43 letters and digits, each one of 62 and drawn alone, which makes
/// 43 × log₂ 62 = 256.03 bits. What is kept of the secret is its SHA-256: no salt or slow hash is needed where nothing can be guessed.
public struct ClientKey: Sendable {
    /// What every key begins with.
    public static let scheme: StaticString = "llmgw-sk-"
    /// Letters of an id.
    public static let idLength = 12
    /// Letters of a secret.
    public static let secretLength = 43

    private static let idLetters = Array("0123456789abcdefghijklmnopqrstuvwxyz".utf8)
    private static let secretLetters = Array("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".utf8)

    /// The identity.
    public let id: VirtualKey.ID
    /// The whole text, to be told to the key's owner and to nobody else.
    public let plaintext: Secret
    /// The SHA-256 of the secret.
    public let digest: SecretDigest

    /// Makes a new key.
    ///
    /// - Parameters:
    ///   - id: The identity to keep, when a key gets a new secret; `nil` draws one.
    ///   - generator: Where the random numbers come from: the system's generator, save in tests.
    public init(id: VirtualKey.ID? = nil, using generator: inout some RandomNumberGenerator) {
        self.id = id ?? VirtualKey.ID(ClientKey.draw(ClientKey.idLength, of: ClientKey.idLetters, using: &generator))
        let secret = ClientKey.draw(ClientKey.secretLength, of: ClientKey.secretLetters, using: &generator)
        digest = SecretDigest(of: Array(secret.utf8).span.bytes)
        plaintext = Secret("\(ClientKey.prefix(of: self.id))-\(secret)")
    }

    /// The part that may be shown.
    public var prefix: String { ClientKey.prefix(of: id) }

    /// What a client shows, taken apart.
    public struct Presented: Sendable {
        /// Which key it says it is.
        public let id: VirtualKey.ID
        /// The SHA-256 of the secret it shows.
        public let digest: SecretDigest
    }

    /// Takes a bearer token apart; `nil` when it is not of the form of a key. Allocates nothing.
    public static func presented(_ token: RawSpan) -> Presented? {
        let idStart = scheme.utf8CodeUnitCount
        let secretStart = idStart + idLength + 1
        guard token.byteCount == secretStart + secretLength, token.hasPrefix(scheme), token[byte: secretStart - 1] == UInt8(ascii: "-") else {
            return nil
        }
        let id = token.extracting(idStart..<idStart + idLength)
        for offset in 0..<id.byteCount {
            let byte = id[byte: offset]
            guard byte &- 0x30 < 10 || byte &- 0x61 < 26 else { return nil }
        }
        return Presented(id: VirtualKey.ID(id.text), digest: SecretDigest(of: token.extracting(secretStart..<token.byteCount)))
    }

    private static func prefix(of id: VirtualKey.ID) -> String { "\(scheme)\(id.value)" }

    private static func draw(_ count: Int, of letters: [UInt8], using generator: inout some RandomNumberGenerator) -> String {
        String(decoding: (0..<count).map { _ in letters[Int.random(in: 0..<letters.count, using: &generator)] }, as: UTF8.self)
    }
}
