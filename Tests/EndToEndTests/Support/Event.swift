import Foundation

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
