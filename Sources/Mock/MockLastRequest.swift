internal import Wire

/// The last request for an answer, kept for tests of what a gateway passes on.
struct MockLastRequest: ~Copyable {
    var body = ByteBuffer()
    var model = ByteBuffer()
    var authorization = ByteBuffer()
    var path = ByteBuffer()

    /// Bodies above this many bytes do not keep their memory afterwards.
    private static let keptCapacity = 1024 * 1024

    mutating func record(body bytes: RawSpan, authorization: RawSpan, path: RawSpan) {
        if body.capacity > MockLastRequest.keptCapacity { body.deallocate() }
        MockLastRequest.set(&body, bytes)
        MockLastRequest.set(&self.authorization, authorization)
        MockLastRequest.set(&self.path, path)
        model.removeAll()
    }

    mutating func record(model bytes: RawSpan) {
        MockLastRequest.set(&model, bytes)
    }

    private static func set(_ buffer: inout ByteBuffer, _ bytes: RawSpan) {
        buffer.removeAll()
        buffer.append(bytes)
    }
}
