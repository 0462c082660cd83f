internal import Wire

/// The name of the state that decides: the process's own part, what is known of quality, and how often the order has changed since the start.
/// Two requests with the same id were decided by the same scores.
final class SnapshotID {
    private var prefixStorage = ByteBuffer()
    private let process: UInt32

    /// Makes the part that stays.
    ///
    /// - Parameters:
    ///   - process: A number of this process's own.
    ///   - quality: The identity of what is known of quality.
    init(process: UInt32, quality: String?) {
        self.process = process
        update(quality: quality)
    }

    /// What is known of quality has changed.
    func update(quality: String?) {
        prefixStorage.removeAll()
        prefixStorage.append(hex: Int(process))
        prefixStorage.append("-")
        // It ends up in a header field.
        for byte in (quality ?? "none").utf8.prefix(32) { prefixStorage.append(byte > 0x20 && byte < 0x7F ? byte : UInt8(ascii: "_")) }
        prefixStorage.append("-")
    }

    /// The part before the number.
    var prefix: RawSpan {
        @_lifetime(borrow self) get { _overrideLifetime(prefixStorage.bytes, borrowing: self) }
    }

    /// The whole id.
    func text(_ version: UInt64) -> String {
        let prefix = prefix
        return prefix.text + "\(version)"
    }
}
