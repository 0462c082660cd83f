/// Tells clients apart in what is learnt from failures: a number made of the key's id, the same in every run, so that what one client alone has met can be
/// kept as its own over a restart.
struct ClientTag: Hashable, Sendable {
    let value: UInt64

    init(_ key: VirtualKey.ID) {
        // FNV-1a (Fowler, Noll, Vo): nobody chooses the id of a key. Nobody is the tag of everybody.
        value = key.value.utf8.reduce(0xCBF2_9CE4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 } | 1
    }

    private init(value: UInt64) { self.value = value }

    /// Reads a tag as `kept` has it, that of everybody among them.
    init?(kept text: String) {
        guard let value = UInt64(text, radix: 16) else { return nil }
        self.init(value: value)
    }

    /// The tag as text.
    var kept: String { String(value, radix: 16) }

    /// Every client, where they can't be told apart: the gateway is open.
    static let everybody = ClientTag(value: 0)
}

extension ClientTag {
    /// The tag as it is kept over a restart.
    var text: String { String(value, radix: 16) }

    /// Reads a kept tag; `nil` for anything else.
    init?(text: String) {
        guard let value = UInt64(text, radix: 16), value != 0 else { return nil }
        self.init(value: value)
    }
}
