internal import Cryptography
internal import Wire

/// An account at a provider, told from others by a number that is the same in every run: of its address, and of enough of its key's digest to notice that
/// another key is in its place.
struct ProviderAccount: Hashable, Sendable {
    let value: UInt64

    init(value: UInt64) { self.value = value }

    init(_ provider: ProviderConfiguration, keyIndex: Int) {
        let keys = provider.keys
        let tag = keys.indices.contains(keyIndex) ? keys[keyIndex].value.reveal { SecretDigest(of: Array($0.utf8).span.bytes).tag } : 0
        // FNV-1a (Fowler, Noll, Vo).
        let place = provider.baseURL.text.utf8.reduce(0xCBF2_9CE4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
        value = (place ^ UInt64(tag)) &* 0x100_0000_01B3
    }
}
