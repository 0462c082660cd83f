import EventLoop
import Foundation
import Glibc

/// A tiny test server: each connection is a script on a thread of its own.
public final class PeerServer: Sendable {
    private struct State {
        var accepted = 0
        var peers: [Peer] = []
        var isStopped = false
        /// Whether the listening descriptor is closed, so that its number may be reused.
        var isClosed = false
    }

    /// The port it listens on.
    public let port: UInt16
    private let descriptor: Int32
    private let state = Locked(State())

    /// Listens on a port of 127.0.0.1 and serves each connection with `serve`, which gets the connection's
    /// number, counted from 1. The connection is closed when `serve` returns.
    ///
    /// - Parameter receiveBuffer: The kernel's receive buffer of each connection in bytes; small for a server that does not read.
    public init(receiveBuffer: Int32? = nil, serve: @escaping @Sendable (Peer, Int) throws -> Void) throws {
        (descriptor, port) = try PeerServer.listen(backlog: 128, receiveBuffer: receiveBuffer)
        Thread.detachNewThread { [self] in acceptAll(serve) }
    }

    /// How many connections were accepted.
    public var accepted: Int { state.withLock { $0.accepted } }

    /// Ends the server and every connection.
    public func stop() {
        let peers = state.withLock { state in
            state.isStopped = true
            // A shutdown wakes the thread in accept; a close would not.
            if !state.isClosed { shutdown(descriptor, Int32(SHUT_RDWR)) }
            return state.peers
        }
        for peer in peers { peer.interrupt() }
    }

    /// Resets every open connection.
    public func reset() {
        for peer in state.withLock({ $0.peers }) { peer.abort() }
    }

    private func acceptAll(_ serve: @escaping @Sendable (Peer, Int) throws -> Void) {
        while true {
            let accepted = accept(descriptor, nil, nil)
            guard accepted >= 0 else { break }
            let peer = Peer(descriptor: accepted)
            let number = state.withLock { state in
                state.accepted += 1
                state.peers.append(peer)
                return state.isStopped ? 0 : state.accepted
            }
            guard number > 0 else { break }
            Thread.detachNewThread { [self] in
                try? serve(peer, number)
                state.withLock { state in state.peers.removeAll { $0 === peer } }
                peer.close()
            }
        }
        state.withLock { state in
            state.isClosed = true
            Glibc.close(descriptor)
        }
    }

    /// A socket and its port; without a backlog it does not listen, so that the port refuses connections but
    /// stays reserved.
    public static func listen(backlog: Int32?, receiveBuffer: Int32? = nil) throws -> (descriptor: Int32, port: UInt16) {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { throw PeerError.system(errno) }
        if var size = receiveBuffer {
            setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &size, socklen_t(MemoryLayout<Int32>.size))
        }
        var address = loopbackAddress(0)
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let status = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { raw in
                bind(descriptor, raw, size) == 0 && (backlog == nil || Glibc.listen(descriptor, backlog ?? 0) == 0)
                    && getsockname(descriptor, raw, &size) == 0
            }
        }
        guard status else { throw PeerError.system(errno) }
        return (descriptor, UInt16(bigEndian: address.sin_port))
    }
}
