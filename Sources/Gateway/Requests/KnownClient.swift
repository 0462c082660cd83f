internal import Cryptography
internal import Wire

/// What a connection has proved: the token it sent last, and the key it stands for.
final class KnownClient {
    let key: VirtualKey
    /// The keys' generation at the time; after a change of any key it is proved anew.
    let generation: Int
    private var token = ByteBuffer()

    init(_ token: RawSpan, _ key: VirtualKey, generation: Int) {
        self.key = key
        self.generation = generation
        self.token.append(token)
    }

    /// Whether this is the token again. The comparison's time tells nothing about it.
    func presented(_ token: RawSpan) -> Bool {
        ConstantTime.equal(_overrideLifetime(self.token.bytes, borrowing: self), token)
    }
}
