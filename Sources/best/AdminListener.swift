internal import EventLoop
internal import Gateway
internal import HTTPServer

/// The operator's own listener of a serving process, where one is configured.
final class AdminListener {
    /// Most connections at a time: some scrapers and operators. More wait in the kernel's queue.
    static let maximumConnections = 64
    /// How long answers in work may take when everything else has ended.
    private static let drainTimeout: Duration = .seconds(1)

    private let address: AdminAddress
    private let socket: LocalSocket?
    private let server: HTTPServer

    /// Binds and listens.
    ///
    /// - Throws: When the address can't be had; `explain` says it in words.
    init(_ options: AdminOptions, at address: AdminAddress, limits: ServerLimits, gateway: Gateway, on loop: EventLoop) throws(UVError) {
        self.address = address
        let limits = AdminListener.capped(limits)
        switch address {
        case .tcp(let host, let port):
            socket = nil
            guard let place = SocketAddress(host: host, port: port) else { preconditionFailure("the address was checked") }
            server = try HTTPServer(on: loop, address: place, limits: limits, responder: AdminDoor(gateway))
        case .socket(let path):
            let socket = try LocalSocket(path: path, mode: options.socketMode)
            self.socket = socket
            do throws(UVError) {
                server = try HTTPServer(on: loop, local: socket, limits: limits, responder: AdminDoor(gateway))
            } catch {
                socket.remove()
                throw error
            }
        }
    }

    /// Where it is, for people: `http://127.0.0.1:9001`, `unix:/run/best/admin.sock`.
    var place: String { server.address.map { "http://\($0)" } ?? address.description }

    /// What follows `curl` in a command for the path, quoted for the shell.
    func curlTarget(_ path: String) -> String {
        guard let socket else { return place + path }
        return "--unix-socket '\(socket.path.replacing("'", with: "'\\''"))' http://localhost\(path)"
    }

    /// Goes over to other bounds.
    func apply(_ limits: ServerLimits) { server.apply(AdminListener.capped(limits)) }

    /// Stops accepting and lets answers in work finish.
    func drain() async {
        socket?.remove()
        await server.drain(deadline: AdminListener.drainTimeout)
    }

    /// Closes everything at once.
    func close() {
        socket?.remove()
        server.closeAll()
    }

    /// Why the address can't be had, in one line.
    static func explain(_ error: UVError, _ address: AdminAddress) -> String {
        switch address {
        case .tcp:
            if error.isAddressInUse { return "the address \(address) is in use; stop the other program or choose another in admin.listen" }
            if error.isPermissionDenied { return "the address \(address) needs more rights; choose a port above 1023 in admin.listen" }
        case .socket(let path):
            if error.isAddressInUse { return "the socket \(path) is in use by another program; stop it or choose another path in admin.listen" }
            if error.isOtherFile { return "\(path) is there and no socket; remove it or choose another path in admin.listen" }
            if error.isMissingDirectory { return "the directory of \(path) is not there; make it or choose another path in admin.listen" }
            if error.isPermissionDenied { return "no permission to make the socket \(path); choose another path in admin.listen" }
        }
        return "can't listen on \(address): \(error)"
    }

    private static func capped(_ limits: ServerLimits) -> ServerLimits {
        var limits = limits
        limits.maximumConnections = min(limits.maximumConnections, maximumConnections)
        return limits
    }
}
