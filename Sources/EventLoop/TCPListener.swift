internal import CUV
internal import Glibc

/// A listening TCP socket, or a `LocalSocket`: accepts connections up to a cap, so that descriptors are left for the upstream side.
@safe public final class TCPListener {
    /// Connections the system may hold ready before they are accepted; the kernel lowers it to `net.core.somaxconn`.
    private static let backlog: Int32 = 4096

    /// Connections admitted in each turn, however long this takes.
    private static let leastPerTurn = 4
    /// How long further connections are admitted in each turn, however long other work in it takes: the
    /// system's queue is first come, first served, so a client behind a crowd waits until all of it is in. This
    /// is time for some dozens of newcomers, and with turns of 50 ms still a thousand a second.
    private static let timePerTurn = LoopInterval(.milliseconds(2))

    private let handle: UVHandle<uv_tcp_t>
    private let loop: EventLoop
    private let onConnection: (TCPConnection) -> Void
    private var isClosing = false
    private var waitsForRoom = false
    /// How many were admitted in the last turn that admitted any, and when the first one was.
    private var turn = (number: UInt64.max, letIn: 0, start: LoopInstant(nanoseconds: 0))
    /// The most connections open at once; more wait in the kernel's queue.
    public let maximumConnections: Int
    /// How many accepted connections are open.
    public private(set) var openConnections = 0
    /// The address the socket is bound to, with the port the system chose when 0 was asked for; `nil` for a `LocalSocket`.
    public private(set) var address: SocketAddress?

    /// Binds and listens.
    ///
    /// - Parameter descriptor: A socket that is already bound to `address`, such as the service manager's; the
    ///   listener closes it.
    /// - Throws: If the address is in use or not this machine's, or the port may not be bound.
    public init(
        on loop: EventLoop, address: SocketAddress, adopting descriptor: Int32? = nil, maximumConnections: Int,
        onConnection: @escaping (TCPConnection) -> Void
    ) throws(UVError) {
        self.loop = loop
        self.onConnection = onConnection
        self.maximumConnections = maximumConnections
        self.address = address
        unsafe handle = try UVHandle("uv_tcp_init", on: loop) { raw in unsafe uv_tcp_init(loop.raw, raw) }
        unsafe handle.retain(self)
        do {
            if let descriptor {
                try check("uv_tcp_open", unsafe uv_tcp_open(handle.raw, descriptor))
            } else {
                unsafe try check("bind", address.withRaw { raw in unsafe uv_tcp_bind(handle.raw, raw, 0) })
            }
            try listen()
            self.address = try boundAddress(host: address.host)
        } catch {
            isClosing = true
            unsafe handle.close()
            throw error
        }
    }

    /// Takes over a socket that listens in the file system. Removing its file is left to its owner.
    public init(on loop: EventLoop, local: LocalSocket, maximumConnections: Int, onConnection: @escaping (TCPConnection) -> Void) throws(UVError) {
        self.loop = loop
        self.onConnection = onConnection
        self.maximumConnections = maximumConnections
        unsafe handle = try UVHandle("uv_tcp_init", on: loop) { raw in unsafe uv_tcp_init(loop.raw, raw) }
        unsafe handle.retain(self)
        do {
            // Any stream socket may be opened as a TCP handle (uv_tcp_open, "not checked for its type").
            try check("uv_tcp_open", unsafe uv_tcp_open(handle.raw, local.takeDescriptor()))
            try listen()
        } catch {
            isClosing = true
            unsafe handle.close()
            throw error
        }
    }

    private func listen() throws(UVError) {
        try check(
            "listen",
            unsafe uv_listen(
                handle.stream, TCPListener.backlog,
                { raw, status in
                    let listener = unsafe Unmanaged<TCPListener>.fromOpaque(raw!.pointee.data).takeUnretainedValue()
                    listener.loop.callback("accept") { listener.accept(status: status) }
                }))
    }

    /// Stops listening; connections that are open stay. Calling it twice does nothing.
    public func close() {
        guard !isClosing else { return }
        isClosing = true
        unsafe handle.close()
    }

    /// Called when an accepted connection is closed.
    func connectionClosed() {
        openConnections -= 1
        guard waitsForRoom, !isClosing else { return }
        waitsForRoom = false
        accept(status: 0)
    }

    private func accept(status: Int32) {
        // A failed accept concerns a peer that has gone or descriptors that have run out (libuv then refuses
        // the peer by itself).
        guard status == 0, !isClosing else { return }
        guard openConnections < maximumConnections else {
            // Until uv_accept is called, libuv stops watching the listener.
            waitsForRoom = true
            return
        }
        if turn.number != loop.turnNumber { turn = (loop.turnNumber, 0, loop.now) }
        guard turn.letIn < TCPListener.leastPerTurn || loop.now <= turn.start.advanced(by: TCPListener.timePerTurn) else {
            // A crowd that comes at once is admitted over several turns. After all deferred work, each of these
            // would be many turns later.
            return loop.queueTurn(for: self, isQuick: true)
        }
        turn.letIn += 1
        guard let connection = unsafe try? TCPConnection(acceptedBy: self, on: loop, listener: handle.stream) else { return }
        openConnections += 1
        onConnection(connection)
    }

    private func boundAddress(host: String) throws(UVError) -> SocketAddress {
        var storage = sockaddr_storage()
        var size = Int32(MemoryLayout<sockaddr_storage>.size)
        let status = unsafe withUnsafeMutablePointer(to: &storage) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe uv_tcp_getsockname(handle.raw, $0, &size) }
        }
        try check("getsockname", status)
        // sin_port and sin6_port are at the same place (ip(7), ipv6(7)).
        let port = unsafe withUnsafeBytes(of: &storage) { unsafe UInt16(bigEndian: $0.loadUnaligned(fromByteOffset: 2, as: UInt16.self)) }
        guard let bound = SocketAddress(host: host, port: port) else { throw UVError(code: UV_EINVAL.rawValue, call: "getsockname") }
        return bound
    }
}

extension TCPListener: TurnTaker {
    /// Continues admitting connections.
    public func takeTurn() { accept(status: 0) }
}
