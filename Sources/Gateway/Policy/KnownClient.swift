internal import Cryptography
internal import Wire

/// What a connection has proved: the `authorization` field it sent last, and the key it stands for.
final class KnownClient {
    let key: VirtualKey
    /// The keys' generation at the time; after a change of any key it is proved anew.
    let generation: Int
    private var field = ByteBuffer()

    init(_ field: RawSpan, _ key: VirtualKey, generation: Int) {
        self.key = key
        self.generation = generation
        self.field.append(field)
    }

    /// Whether this is the field again. The comparison's time tells nothing about it.
    func presented(_ field: RawSpan) -> Bool {
        ConstantTime.equal(_overrideLifetime(self.field.bytes, borrowing: self), field)
    }
}
