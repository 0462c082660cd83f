import Foundation
import LoopTesting

/// A provider that answers with bytes as they are given, for what no well-behaved server sends.
final class RawUpstream: Sendable {
    let port: Int
    private let listener: Int32
    private let requests = Shared<[String]>([])
    private let connection = Shared<Int32>(-1)
    private let pause: DispatchSemaphore?

    /// Listens on a port of its own.
    ///
    /// - Parameters:
    ///   - answer: What each request gets, in pieces that are sent one after the other.
    ///   - closes: Whether the connection ends after an answer.
    ///   - once: Whether a connection that is kept answers one request only, and ends when the second comes.
    ///   - pausing: Whether each piece but the first waits for `resume()`.
    convenience init(answering answer: [[UInt8]], closes: Bool = true, once: Bool = false, pausing: Bool = false) throws {
        try self.init(closes: closes, once: once, pausing: pausing) { _ in answer }
    }

    /// Listens on a port of its own and answers each request, head and body, with what `reply` makes of it, in pieces.
    init(
        closes: Bool = true, once: Bool = false, pausing: Bool = false, replying reply: @escaping @Sendable (_ request: String) -> [[UInt8]]
    ) throws {
        pause = pausing ? DispatchSemaphore(value: 0) : nil
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        port = try RawUpstream.bind(listener)
        guard listen(listener, 64) == 0 else { throw HarnessError.system("listen") }
        let thread = Thread { [self] in serve(reply, closes: closes, once: once) }
        thread.start()
    }

    convenience init(answering answer: String, closes: Bool = true, once: Bool = false) throws {
        try self.init(answering: [Array(answer.utf8)], closes: closes, once: once)
    }

    var url: String { "http://127.0.0.1:\(port)/v1" }

    /// The requests that came, head and body.
    var received: [String] { requests.value }

    /// Lets the next piece of an answer go.
    func resume() { pause?.signal() }

    /// Ends the connection that is open.
    func drop() { connection.update { open in if open >= 0 { shutdown(open, Int32(SHUT_RDWR)) } } }

    /// Ends the listener and its thread.
    func stop() {
        pause?.signal()
        shutdown(listener, Int32(SHUT_RDWR))
    }

    /// A port where nobody listens, and nobody else can as long as the descriptor is open.
    static func closedPort() throws -> (port: Int, descriptor: Int32) {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        return (try bind(descriptor), descriptor)
    }

    private static func bind(_ descriptor: Int32) throws -> Int {
        var hints = addrinfo()
        hints.ai_family = AF_INET
        hints.ai_flags = AI_NUMERICHOST
        var found: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo("127.0.0.1", "0", &hints, &found) == 0, let address = found else { throw HarnessError("getaddrinfo") }
        defer { freeaddrinfo(found) }
        guard Glibc.bind(descriptor, address.pointee.ai_addr, address.pointee.ai_addrlen) == 0 else { throw HarnessError.system("bind") }
        var size = address.pointee.ai_addrlen
        guard getsockname(descriptor, address.pointee.ai_addr, &size) == 0 else { throw HarnessError.system("getsockname") }
        var service = [CChar](repeating: 0, count: 16)
        guard getnameinfo(address.pointee.ai_addr, size, nil, 0, &service, socklen_t(service.count), NI_NUMERICSERV) == 0 else {
            throw HarnessError("getnameinfo")
        }
        return Int(String(decoding: service.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)) ?? 0
    }

    private func serve(_ reply: (String) -> [[UInt8]], closes: Bool, once: Bool) {
        while true {
            let connection = accept(listener, nil, nil)
            guard connection >= 0 else { break }
            self.connection.update { $0 = connection }
            var isFirst = true
            while let request = RawUpstream.read(connection) {
                requests.update { $0.append(request) }
                if once, !isFirst { break }
                isFirst = false
                for (index, piece) in reply(request).enumerated() {
                    if index > 0 { pause?.wait() }
                    _ = Glibc.send(connection, piece, piece.count, Int32(MSG_NOSIGNAL))
                }
                if closes { break }
            }
            self.connection.update { open in
                open = -1
                close(connection)
            }
        }
        close(listener)
    }

    /// Reads one request, whose body has a known length.
    private static func read(_ connection: Int32) -> String? {
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 65_536)
        let deadline = Deadline.usual
        while true {
            let text = String(decoding: bytes, as: UTF8.self)
            if let end = text.range(of: "\r\n\r\n") {
                let length = text[..<end.lowerBound].lowercased().split(separator: "\r\n").first { $0.hasPrefix("content-length:") }
                let announced = length.flatMap { Int($0.dropFirst(15).trimmingCharacters(in: .whitespaces)) } ?? 0
                if text[end.upperBound...].utf8.count >= announced { return text }
            }
            guard deadline.wait(for: connection, POLLIN) else { return nil }
            let count = recv(connection, &piece, piece.count, 0)
            guard count > 0 else { return nil }
            bytes += piece[..<count]
        }
    }
}
