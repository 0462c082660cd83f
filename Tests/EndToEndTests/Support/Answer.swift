import Foundation

/// An HTTP answer exactly as it came.
struct Answer {
    /// How the body ended.
    enum End {
        /// As the framing says.
        case whole
        /// With the connection, before the framing's end.
        case cut
    }

    var statusLine = ""
    var fields: [(name: String, value: String)] = []
    /// The body without its framing.
    var body: [UInt8] = []
    /// The pieces of a chunked body, as they were framed.
    var chunks: [[UInt8]] = []
    var end = End.whole

    var status: Int { Int(statusLine.split(separator: " ").dropFirst().first ?? "") ?? 0 }
    /// The reason phrase.
    var reason: String { statusLine.split(separator: " ", maxSplits: 2).count > 2 ? String(statusLine.split(separator: " ", maxSplits: 2)[2]) : "" }
    var text: String { String(decoding: body, as: UTF8.self) }

    /// The value of a field by its lower-case name; `nil` when it is absent.
    subscript(name: String) -> String? { fields.first { $0.name.lowercased() == name }?.value }

    /// The body as a JSON object; empty when it is none.
    var object: [String: Any] { (try? JSONSerialization.jsonObject(with: Data(body))) as? [String: Any] ?? [:] }

    /// The body's `error`; `nil` when it has not the four members of OpenAI's shape, each of its type.
    var error: ErrorObject? { ErrorObject(object["error"]) }

    /// What a chat answer says.
    var content: String? {
        let choice = (object["choices"] as? [[String: Any]])?.first
        return (choice?["message"] as? [String: Any])?["content"] as? String
    }

    /// The events of the body.
    var events: [Event] { Event.parse(body) }

    mutating func take(_ chunk: [UInt8]) {
        chunks.append(chunk)
        body += chunk
    }
}
