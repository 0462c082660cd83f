internal import EventLoop
public import Wire

/// The body of a request, written anew for each attempt.
public protocol UpstreamBody: AnyObject {
    /// The exact number of bytes `writeBody` appends.
    var bodyByteCount: Int { get }
    /// Appends the body.
    func writeBody(into buffer: inout ByteBuffer)
}
