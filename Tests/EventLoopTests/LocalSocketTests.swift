import EventLoop
import Foundation
import LoopTesting
import Testing

@Suite(.timeLimit(.minutes(1))) struct LocalSocketTests {
    /// A free path in a directory of its own.
    private func place() throws -> String {
        let folder = NSTemporaryDirectory() + "/best-local-\(UInt64.random(in: 0 ... .max))"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
        return folder + "/s"
    }

    private func discard(_ path: String) { try? FileManager.default.removeItem(atPath: (path as NSString).deletingLastPathComponent) }

    private func mode(_ path: String) -> Int? { (try? FileManager.default.attributesOfItem(atPath: path))?[.posixPermissions] as? Int }

    @Test func `clients connect through the file, and bytes go both ways`() async throws {
        let path = try place()
        defer { discard(path) }
        try await withLoop { loop in
            let socket = try LocalSocket(path: path, mode: 0o600)
            var accepted: [Collector] = []
            let listener = try TCPListener(on: loop, local: socket, maximumConnections: 2) { accepted.append(Collector($0)) }
            #expect(listener.address == nil)
            let client = try await offLoop { try Peer(path: path) }
            try await offLoop { try client.send("ping") }
            try await eventually(on: loop, "the bytes") { accepted.first?.received == Array("ping".utf8) }
            #expect(accepted[0].connection.clientNetwork == .local)
            accepted[0].write(Array("pong".utf8))
            let answer = try await offLoop { try client.receiveExactly(4) }
            #expect(answer == Array("pong".utf8))
            client.close()
            try await eventually(on: loop, "the end") { accepted[0].ends == 1 }
            accepted[0].connection.close()
            listener.close()
            #expect(FileManager.default.fileExists(atPath: path))
            socket.remove()
            #expect(!FileManager.default.fileExists(atPath: path))
        }
    }

    @Test(arguments: [0o600, 0o660, 0o666, 0o700]) func `the file has the permissions that were asked for`(wanted: Int) throws {
        let path = try place()
        defer { discard(path) }
        let socket = try LocalSocket(path: path, mode: UInt16(wanted))
        #expect(mode(path) == wanted)
        socket.remove()
    }

    @Test func `a socket with a listener is not taken over`() throws {
        let path = try place()
        defer { discard(path) }
        let first = try LocalSocket(path: path, mode: 0o600)
        let error = #expect(throws: UVError.self) { _ = try LocalSocket(path: path, mode: 0o600) }
        #expect(error?.isAddressInUse == true)
        #expect(FileManager.default.fileExists(atPath: path))
        first.remove()
    }

    @Test func `a socket that was left behind is replaced`() throws {
        let path = try place()
        defer { discard(path) }
        // Its descriptor closes with the object but the file stays, as after kill -9.
        _ = try LocalSocket(path: path, mode: 0o600)
        #expect(FileManager.default.fileExists(atPath: path))
        let second = try LocalSocket(path: path, mode: 0o660)
        #expect(mode(path) == 0o660)
        second.remove()
    }

    @Test func `a file that is not a socket is left alone`() throws {
        let path = try place()
        defer { discard(path) }
        try "precious".write(toFile: path, atomically: false, encoding: .utf8)
        let error = #expect(throws: UVError.self) { _ = try LocalSocket(path: path, mode: 0o600) }
        #expect(error?.isOtherFile == true)
        #expect(try String(contentsOfFile: path, encoding: .utf8) == "precious")
    }

    @Test func `another process's file of the same name is not removed`() throws {
        let path = try place()
        defer { discard(path) }
        let first = try LocalSocket(path: path, mode: 0o600)
        try FileManager.default.removeItem(atPath: path)
        let second = try LocalSocket(path: path, mode: 0o600)
        first.remove()
        #expect(FileManager.default.fileExists(atPath: path))
        second.remove()
        second.remove()
        #expect(!FileManager.default.fileExists(atPath: path))
    }

    @Test func `a missing directory and a path that is too long are errors`() throws {
        #expect(throws: UVError.self) { _ = try LocalSocket(path: "/nowhere/\(UInt64.random(in: 0 ... .max))/s", mode: 0o600) }
        let missing = #expect(throws: UVError.self) { _ = try LocalSocket(path: "/no-such-directory/s", mode: 0o600) }
        #expect(missing?.isMissingDirectory == true)
        for length in [0, LocalSocket.longestPath + 1] {
            #expect(throws: UVError.self) { _ = try LocalSocket(path: String(repeating: "x", count: length), mode: 0o600) }
        }
        // The longest path fails here only because its directory is missing.
        #expect(LocalSocket.longestPath == 107)
    }
}
