/// A request or an answer as a test reads it from its own socket.
public struct PeerMessage: Sendable {
    /// The first line.
    public var startLine: String
    /// The fields, with names in lower case.
    public var fields: [(name: String, value: String)]
    /// The body without its framing.
    public var body: [UInt8]
    /// The sizes of the chunks, if the body came in chunks.
    public var chunks: [Int]

    /// The status of an answer.
    public var status: Int { Int(startLine.split(separator: " ").dropFirst().first ?? "") ?? 0 }
    /// The body as text.
    public var text: String { String(decoding: body, as: UTF8.self) }
    /// The value of the first field of this name.
    public subscript(name: String) -> String? { fields.first { $0.name == name }?.value }
}

extension Peer {
    /// Reads the head of a message.
    public func receiveHead() throws -> PeerMessage {
        var message = PeerMessage(startLine: try receiveLine(), fields: [], body: [], chunks: [])
        while true {
            let line = try receiveLine()
            if line.isEmpty { return message }
            let parts = line.split(separator: ":", maxSplits: 1)
            guard parts.count == 2 else { throw PeerError.malformed(line) }
            message.fields.append((parts[0].lowercased(), String(parts[1].drop { $0 == " " })))
        }
    }

    /// Reads a whole message.
    ///
    /// - Parameter hasBody: Whether the body that the fields announce comes; not for the answer to HEAD.
    public func receiveMessage(hasBody: Bool = true) throws -> PeerMessage {
        var message = try receiveHead()
        guard hasBody else { return message }
        if let length = message["content-length"].flatMap(Int.init) {
            message.body = try receiveExactly(length)
        } else if message["transfer-encoding"] == "chunked" {
            while true {
                let line = try receiveLine()
                guard let size = Int(line, radix: 16) else { throw PeerError.malformed(line) }
                message.body += try receiveExactly(size)
                guard try receiveLine().isEmpty else { throw PeerError.malformed("chunk end") }
                if size == 0 { return message }
                message.chunks.append(size)
            }
        } else if message.startLine.hasPrefix("HTTP/"), message.status != 204 {
            message.body = try receiveAll()
        }
        return message
    }
}
