internal import Wire

/// The name of what decides: the configuration, and what boards and catalogues say of models. Equal data have an equal name, in every process; what is
/// measured meanwhile is no part of it.
final class SnapshotID {
    private var storage = ByteBuffer()
    private var configuration: String
    private var quality: String?

    /// Makes the name.
    ///
    /// - Parameter quality: The identity of what is known of quality.
    init(_ configuration: GatewayConfiguration, quality: String?) {
        self.configuration = configuration.digest ?? ConfigurationDigest.text(of: configuration)
        self.quality = quality
        write()
    }

    /// Another configuration is in use.
    func update(_ configuration: GatewayConfiguration) {
        self.configuration = configuration.digest ?? ConfigurationDigest.text(of: configuration)
        write()
    }

    /// What is known of quality has changed.
    func update(quality: String?) {
        self.quality = quality
        write()
    }

    private func write() {
        storage.removeAll()
        storage.append(utf8: configuration)
        storage.append("-")
        // It ends up in a header field.
        for byte in (quality ?? "none").utf8.prefix(32) { storage.append(byte > 0x20 && byte < 0x7F ? byte : UInt8(ascii: "_")) }
    }

    /// The name as bytes.
    var bytes: RawSpan {
        @_lifetime(borrow self) get { _overrideLifetime(storage.bytes, borrowing: self) }
    }

    /// The name.
    var text: String { bytes.text }
}
