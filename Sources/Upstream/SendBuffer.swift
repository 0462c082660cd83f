internal import Gateway
internal import Wire

/// A whole request as bytes, pinned until the last of them is sent: after libcurl asked to wait, it must be
/// given the same address (TLS records were begun with it).
final class SendBuffer {
    var bytes = ByteBuffer()
    /// How many bytes libcurl has taken.
    var sent = 0

    var isSent: Bool { sent == bytes.count }

    /// The bytes that libcurl has not taken yet. The address stays valid until the buffer is filled again.
    var unsent: (start: UnsafeRawPointer?, count: Int) {
        unsafe bytes.withUnsafeBytes { unsafe ($0.baseAddress.map { unsafe $0 + sent }, $0.count - sent) }
    }

    /// Fills the buffer with head and body.
    func fill(_ request: UpstreamRequest) {
        bytes.removeAll()
        sent = 0
        bytes.append(request.endpoint.head)
        if let body = request.body {
            let size = body.bodyByteCount
            bytes.reserve(size + 64)
            bytes.append("content-length: ")
            bytes.append(decimal: size)
            bytes.append("\r\n\r\n")
            body.writeBody(into: &bytes)
        } else {
            bytes.append("\r\n")
        }
    }
}
