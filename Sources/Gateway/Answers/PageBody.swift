internal import EventLoop
internal import Wire

/// The bytes of a page, counted as held for as long as somebody has them.
final class PageBody {
    let bytes: ByteBuffer
    private let held: HeldShare

    init(_ bytes: consuming ByteBuffer, _ held: HeldShare) {
        self.bytes = bytes
        self.held = held
    }
}
