import Glibc

/// An answer received on a connection.
struct LoopbackAnswer {
    /// 0 when the connection ended without a head.
    var status = 0
    var head = ""
    /// The body without its framing.
    var body = ""
    /// Whether the body ended as its framing says.
    var isWhole = false
    /// The pieces of a chunked body.
    var chunks: [String] = []
}

/// A blocking HTTP client that reports every detail.
final class LoopbackClient {
    private let descriptor: Int32
    private var buffer: [UInt8] = []
    private var isAtEnd = false

    init?(port: UInt16, receiveBuffer: Int32?) {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var timeout = timeval(tv_sec: 10, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
        if var receiveBuffer { setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &receiveBuffer, socklen_t(MemoryLayout<Int32>.size)) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let status = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
        }
        guard status == 0 else { return nil }
    }

    deinit { Glibc.close(descriptor) }

    func send(_ text: String) {
        var text = text
        text.withUTF8 { bytes in
            var sent = 0
            while sent < bytes.count {
                let count = Glibc.send(descriptor, bytes.baseAddress! + sent, bytes.count - sent, Int32(MSG_NOSIGNAL))
                guard count > 0 else { return }
                sent += count
            }
        }
    }

    func send(post path: String, _ body: String, script: String = "", headers: String = "") {
        let script = script.isEmpty ? "" : "x-mock: \(script)\r\n"
        send("POST \(path) HTTP/1.1\r\nhost: mock\r\n\(script)\(headers)content-length: \(body.utf8.count)\r\n\r\n\(body)")
    }

    /// Reads some bytes; false at the end of the connection.
    @discardableResult
    func readSome(_ size: Int = 65_536) -> Bool {
        guard !isAtEnd else { return false }
        var bytes = [UInt8](repeating: 0, count: size)
        let count = recv(descriptor, &bytes, size, 0)
        guard count > 0 else {
            isAtEnd = true
            return false
        }
        buffer.append(contentsOf: bytes[..<count])
        return true
    }

    /// Reads and drops `size` bytes; returns how many came.
    func drop(_ size: Int) -> Int {
        var dropped = buffer.count
        buffer = []
        while dropped < size, readSome() {
            dropped += buffer.count
            buffer = []
        }
        return dropped
    }

    /// Reads the head of an answer.
    func receiveHead() -> LoopbackAnswer {
        var answer = LoopbackAnswer()
        guard let head = take(through: "\r\n\r\n") else { return answer }
        answer.head = head + "\r\n\r\n"
        answer.status = Int(head.dropFirst(9).prefix(3)) ?? 0
        return answer
    }

    /// Reads a whole answer, or as much of it as comes.
    func receive() -> LoopbackAnswer {
        var answer = receiveHead()
        if answer.head.contains("transfer-encoding: chunked") {
            while let line = take(through: "\r\n"), let size = Int(line, radix: 16) {
                guard let chunk = take(size), take(2) == "\r\n" else { return answer }
                if size == 0 {
                    answer.isWhole = true
                    return answer
                }
                answer.chunks.append(chunk)
                answer.body += answer.chunks[answer.chunks.count - 1]
            }
        } else if let line = answer.head.split(separator: "\r\n").first(where: { $0.hasPrefix("content-length: ") }),
            let size = Int(line.dropFirst(16)),
            let body = take(size)
        {
            answer.body = body
            answer.isWhole = true
        }
        return answer
    }

    /// Whether the peer has ended the connection.
    func isEnded() -> Bool { !readSome() }

    /// The text up to `mark`, which is passed.
    private func take(through mark: String) -> String? {
        let mark = Array(mark.utf8)
        var from = 0
        while true {
            while from + mark.count <= buffer.count {
                if buffer[from..<from + mark.count].elementsEqual(mark) {
                    let text = take(from)
                    buffer.removeFirst(mark.count)
                    return text
                }
                from += 1
            }
            guard readSome() else { return nil }
        }
    }

    private func take(_ size: Int) -> String? {
        while buffer.count < size { guard readSome() else { return nil } }
        defer { buffer.removeFirst(size) }
        return String(decoding: buffer[..<size], as: UTF8.self)
    }
}
