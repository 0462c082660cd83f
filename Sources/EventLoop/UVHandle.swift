internal import CUV
internal import Glibc

/// One libuv handle: its memory, its owner while it is open, and its end.
///
/// libuv's handles are nodes of intrusive lists, so they live in memory of their own and never move. From `open` to the close callback
/// the handle keeps its owner alive; the memory is freed only in that callback (libuv, design overview, "Handles and requests").
@safe struct UVHandle<Raw> {
    let raw: UnsafeMutablePointer<Raw>

    /// Allocates the memory and lets `initialize` set the handle up. On failure nothing is left behind.
    init(_ call: String, on loop: EventLoop, initialize: (UnsafeMutablePointer<Raw>) -> Int32) throws(UVError) {
        precondition(loop.simulation == nil, "a simulated loop has no libuv handles")
        guard let memory = unsafe calloc(1, MemoryLayout<Raw>.size) else { preconditionFailure("out of memory") }
        unsafe raw = memory.bindMemory(to: Raw.self, capacity: 1)
        let status = unsafe initialize(raw)
        guard status >= 0 else {
            unsafe free(raw)
            throw UVError(code: status, call: call)
        }
        unsafe base.pointee.data = nil
        loop.handleOpened(unsafe base.pointee.type)
    }

    /// The handle under the type all handles begin with.
    var base: UnsafeMutablePointer<uv_handle_t> { unsafe UnsafeMutableRawPointer(raw).assumingMemoryBound(to: uv_handle_t.self) }

    /// The handle under the type all streams begin with.
    var stream: UnsafeMutablePointer<uv_stream_t> { unsafe UnsafeMutableRawPointer(raw).assumingMemoryBound(to: uv_stream_t.self) }

    /// Makes `owner` the object that callbacks find, and keeps it alive until the handle is closed.
    func retain(_ owner: AnyObject) {
        unsafe base.pointee.data = Unmanaged.passRetained(owner).toOpaque()
    }

    /// Begins the close; the owner calls this once.
    func close() {
        unsafe uv_close(base) { handle in
            guard let handle = unsafe handle else { return }
            let loop = unsafe EventLoop.of(handle.pointee.loop)
            loop.callback("close") {
                unsafe loop.handleClosed(handle.pointee.type)
                if let owner = unsafe handle.pointee.data { unsafe Unmanaged<AnyObject>.fromOpaque(owner).release() }
                unsafe free(handle)
            }
        }
    }
}

/// How many libuv handles of each kind are open; a test must end with none.
public struct HandleCounts: Equatable, Sendable, CustomStringConvertible {
    private var counts: [String: Int] = [:]

    /// The number of open handles of every kind together.
    public var total: Int { counts.values.reduce(0, +) }

    /// The kinds with their numbers, in alphabetical order.
    public var description: String {
        counts.filter { $0.value != 0 }.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", ")
    }

    /// The number of open handles with libuv's type name, such as `tcp`, `timer` or `poll`.
    public subscript(kind: String) -> Int {
        get { counts[kind, default: 0] }
        set { counts[kind] = newValue }
    }
}
