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
}

/// OpenAI's error object.
struct ErrorObject {
    let message: String
    let type: String
    let param: String?
    let code: String?

    init?(_ value: Any?) {
        guard let object = value as? [String: Any], let message = object["message"] as? String, let type = object["type"] as? String,
            let param = object["param"], let code = object["code"], param is String || param is NSNull, code is String || code is NSNull
        else { return nil }
        (self.message, self.type, self.param, self.code) = (message, type, param as? String, code as? String)
    }
}

/// One event of a stream.
struct Event {
    /// Its bytes, with the empty line that ends it.
    let raw: [UInt8]
    /// The value of its `data` lines; empty for a comment.
    let data: String

    var object: [String: Any] { (try? JSONSerialization.jsonObject(with: Data(data.utf8))) as? [String: Any] ?? [:] }
    var error: ErrorObject? { ErrorObject(object["error"]) }
    var choices: [[String: Any]] { object["choices"] as? [[String: Any]] ?? [] }
    var content: String? { (choices.first?["delta"] as? [String: Any])?["content"] as? String }
    var finishReason: String? { choices.first?["finish_reason"] as? String }

    /// Takes a stream apart; what follows the last empty line is an event without an end, and left out.
    static func parse(_ body: [UInt8]) -> [Event] {
        var events: [Event] = []
        var start = 0
        var lineStart = 0
        var data: [String] = []
        for index in body.indices where body[index] == 10 {
            var line = String(decoding: body[lineStart..<index], as: UTF8.self)
            if line.hasSuffix("\r") { line.removeLast() }
            lineStart = index + 1
            if line.isEmpty {
                events.append(Event(raw: Array(body[start...index]), data: data.joined(separator: "\n")))
                (start, data) = (index + 1, [])
            } else if line.hasPrefix("data:") {
                data.append(String(line.dropFirst(line.hasPrefix("data: ") ? 6 : 5)))
            }
        }
        return events
    }
}

extension [Event] {
    /// The texts of all first choices, joined.
    var content: String { compactMap(\.content).joined() }
    /// The number of events with `[DONE]`.
    var dones: Int { count { $0.data == "[DONE]" } }
    /// The error in the stream, if there is one.
    var error: ErrorObject? { compactMap(\.error).first }
}
