/// Tells clients apart in what is learnt from failures: a number made of the key's id. It means nothing outside of the process.
struct ClientTag: Hashable, Sendable {
    let value: UInt64

    init(_ key: VirtualKey.ID) {
        // Nobody is the tag of everybody.
        value = UInt64(bitPattern: Int64(key.value.hashValue)) | 1
    }

    private init(value: UInt64) { self.value = value }

    /// Every client, where they can't be told apart: the gateway is open.
    static let everybody = ClientTag(value: 0)
}
