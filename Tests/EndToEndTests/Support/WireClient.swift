import Foundation

/// A client that sends any bytes and reads what comes: one connection to this machine, by TCP or by a socket in the file
/// system.
final class WireClient {
    private var descriptor: Int32
    private var buffer: [UInt8] = []
    private var offset = 0
    private var isAtEnd = false
    /// Set when the peer broke the connection off instead of ending it.
    private(set) var wasReset = false

    /// Connects to a port of the loopback.
    ///
    /// - Parameters:
    ///   - receiveBuffer: The size of the kernel's receive buffer in bytes, for clients that are to be slow; `nil` for the system's.
    ///   - source: The address of the loopback that it comes from; `nil` for the usual.
    init(port: Int, receiveBuffer: Int32? = nil, from source: String? = nil) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw HarnessError.system("socket") }
        if var size = receiveBuffer { setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &size, socklen_t(MemoryLayout<Int32>.size)) }
        var one: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &one, socklen_t(MemoryLayout<Int32>.size))
        if let source {
            var own = sockaddr_in()
            own.sin_family = sa_family_t(AF_INET)
            inet_pton(AF_INET, source, &own.sin_addr)
            _ = withUnsafePointer(to: &own) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
            }
        }
        var hints = addrinfo()
        hints.ai_family = AF_INET
        hints.ai_flags = AI_NUMERICHOST
        var found: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo("127.0.0.1", "\(port)", &hints, &found) == 0, let address = found else { throw HarnessError("getaddrinfo") }
        defer { freeaddrinfo(found) }
        guard connect(descriptor, address.pointee.ai_addr, address.pointee.ai_addrlen) == 0 else {
            let error = HarnessError.system("connect to port \(port)")
            Glibc.close(descriptor)
            descriptor = -1
            throw error
        }
        // Nothing blocks but poll, so that every wait has an end.
        _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
    }

    /// Connects to a socket in the file system.
    init(socket path: String) throws {
        descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw HarnessError.system("socket") }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(path.utf8).prefix($0.count - 1)) }
        let status = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) }
        }
        guard status == 0 else {
            let error = HarnessError.system("connect to \(path)")
            Glibc.close(descriptor)
            descriptor = -1
            throw error
        }
        _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
    }

    deinit { close() }

    // MARK: Out

    func send(_ text: String) throws { try send(Array(text.utf8)) }

    /// Sends bytes; a peer that has gone is noticed when reading.
    func send(_ bytes: [UInt8]) throws {
        let deadline = Deadline.usual
        var rest = bytes[...]
        while !rest.isEmpty {
            let piece = Array(rest.prefix(1024 * 1024))
            let count = Glibc.send(descriptor, piece, piece.count, Int32(MSG_NOSIGNAL))
            if count > 0 {
                rest = rest.dropFirst(count)
            } else if errno == EAGAIN {
                // What comes meanwhile must be taken, or both sides wait for each other.
                guard deadline.wait(for: descriptor, POLLOUT | (isAtEnd ? 0 : POLLIN)) else { throw HarnessError("the peer does not read") }
                while !isAtEnd, Deadline(.zero).wait(for: descriptor, POLLIN) { fill() }
            } else if errno != EINTR {
                return
            }
        }
    }

    /// Hands the kernel what it takes at once, and reads nothing.
    ///
    /// - Returns: How many bytes it took.
    func push(_ bytes: [UInt8]) -> Int { max(0, Glibc.send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL))) }

    /// Sends a request with a body of known length.
    func send(_ method: String, _ target: String, _ fields: [String] = [], body: [UInt8]? = nil) throws {
        try send(WireClient.request(method, target, fields, body: body))
    }

    /// The bytes of a request.
    static func request(_ method: String, _ target: String, _ fields: [String] = [], body: [UInt8]? = nil) -> [UInt8] {
        var head = "\(method) \(target) HTTP/1.1\r\n"
        if !fields.contains(where: { $0.lowercased().hasPrefix("host:") }) { head += "Host: localhost\r\n" }
        for field in fields { head += field + "\r\n" }
        if let body {
            if !fields.contains(where: { $0.lowercased().hasPrefix("content-type:") }) { head += "Content-Type: application/json\r\n" }
            head += "Content-Length: \(body.count)\r\n"
        }
        return Array((head + "\r\n").utf8) + (body ?? [])
    }

    // MARK: In

    /// Reads a whole answer.
    ///
    /// - Parameter isHead: Whether the request's method was HEAD, so that no body follows.
    func answer(toHead isHead: Bool = false) throws -> Answer {
        var answer = try head()
        if isHead || answer.status == 204 || answer.status == 304 || answer.status / 100 == 1 { return answer }
        if answer["transfer-encoding"]?.lowercased() == "chunked" {
            while let chunk = try chunk() { answer.take(chunk) }
            if !chunkedBodyIsWhole { answer.end = .cut }
        } else if let length = answer["content-length"].flatMap({ Int($0) }) {
            while available < length, try receive() {}
            answer.body = take(min(length, available))
            if answer.body.count < length { answer.end = .cut }
        } else {
            while try receive() {}
            answer.body = take(available)
        }
        return answer
    }

    /// Reads an answer's head.
    func head() throws -> Answer {
        var answer = Answer()
        guard let first = try line() else { throw HarnessError(wasReset ? "reset instead of an answer" : "the connection ended without an answer") }
        answer.statusLine = first
        while let text = try line(), !text.isEmpty {
            let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2 else { throw HarnessError("a field line without a colon: \(text)") }
            answer.fields.append((String(parts[0]), parts[1].trimmingCharacters(in: .whitespaces)))
        }
        return answer
    }

    /// Whether the last chunked body ended with its last chunk.
    private(set) var chunkedBodyIsWhole = false

    /// Reads the next chunk of a body; `nil` at its end.
    func chunk() throws -> [UInt8]? {
        chunkedBodyIsWhole = false
        guard let size = try line() else { return nil }
        guard let count = Int(size, radix: 16) else { throw HarnessError("a chunk's size is `\(size)`") }
        while available < count + 2, try receive() {}
        guard available >= count + 2 else { return nil }
        let chunk = take(count)
        guard take(2) == [13, 10] else { throw HarnessError("no line end behind a chunk") }
        if count == 0 { chunkedBodyIsWhole = true }
        return count == 0 ? nil : chunk
    }

    /// Reads until the peer ends the connection; what came.
    func rest() throws -> [UInt8] {
        while try receive() {}
        return take(available)
    }

    /// Whether the peer ends the connection without another byte.
    func ends() throws -> Bool { try rest().isEmpty }

    /// Whether something comes before the deadline.
    func receives(before deadline: Deadline) -> Bool { deadline.wait(for: descriptor, POLLIN) }

    private var available: Int { buffer.count - offset }

    private func take(_ count: Int) -> [UInt8] {
        let bytes = Array(buffer[offset..<offset + count])
        offset += count
        if offset == buffer.count { (buffer, offset) = ([], 0) }
        return bytes
    }

    private func line() throws -> String? {
        var from = offset
        while true {
            if let end = buffer[from...].firstIndex(of: 10) {
                let bytes = take(end + 1 - offset)
                guard bytes.count > 1, bytes[bytes.count - 2] == 13 else {
                    throw HarnessError("a line without CR LF: \(String(decoding: bytes, as: UTF8.self))")
                }
                return String(decoding: bytes.dropLast(2), as: UTF8.self)
            }
            from = buffer.count
            guard try receive() else { return nil }
        }
    }

    /// Waits for more bytes.
    ///
    /// - Returns: `false` at the end of the connection.
    private func receive() throws -> Bool {
        if isAtEnd { return false }
        guard Deadline.usual.wait(for: descriptor, POLLIN) else { throw HarnessError("nothing came for too long") }
        fill()
        return !isAtEnd
    }

    private func fill() {
        var piece = [UInt8](repeating: 0, count: 65_536)
        let count = recv(descriptor, &piece, piece.count, 0)
        if count > 0 {
            buffer += piece[..<count]
        } else if count == 0 {
            isAtEnd = true
        } else if errno != EAGAIN, errno != EINTR {
            (isAtEnd, wasReset) = (true, true)
        }
    }

    // MARK: Ends

    /// Ends the outgoing half (FIN).
    func finishSending() { shutdown(descriptor, Int32(SHUT_WR)) }

    /// Closes both halves in peace.
    func close() {
        if descriptor >= 0 { Glibc.close(descriptor) }
        descriptor = -1
    }

    /// Breaks the connection off (RST).
    func reset() {
        var now = linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &now, socklen_t(MemoryLayout<linger>.size))
        close()
    }
}
