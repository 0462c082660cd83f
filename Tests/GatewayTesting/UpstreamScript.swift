public import Gateway

/// What a scripted provider does with one request, step by step.
///
/// A script that ends without an end stays silent from there on, until a time-out, or the gateway, ends the call.
public struct UpstreamScript: Sendable {
    /// One step.
    public enum Step: Sendable {
        /// The connection is open only after so long; counts as the first step only.
        case connect(after: Duration)
        /// Nothing for so long.
        case wait(Duration)
        /// The status and the header fields.
        case head(status: Int, fields: [(name: String, value: String)])
        /// The pieces of the body that one read brings: those behind the first come though a pause was asked for. Each read is a callback of its own.
        case read([[UInt8]])
        /// How it ends; comes in the callback of the read before it.
        case end(UpstreamEnd)
    }

    /// The steps, in order.
    public var steps: [Step]

    /// Makes a script of steps.
    public init(_ steps: [Step]) { self.steps = steps }

    /// Never a word.
    public static var silence: UpstreamScript { UpstreamScript([]) }

    /// A whole answer with a status.
    public static func status(
        _ status: Int, _ body: String = "", type: String = "application/json", fields: [(name: String, value: String)] = []
    ) -> UpstreamScript {
        UpstreamScript([.head(status: status, fields: [("content-type", type)] + fields), .read([Array(body.utf8)]), .end(.complete)])
    }

    /// A whole answer of a chat model.
    public static func completion(_ text: String, tokens: (prompt: Int, completion: Int)? = (5, 7)) -> UpstreamScript {
        let usage = tokens.map { ",\"usage\":\(ChatText.usage($0))" } ?? ""
        return .status(
            200,
            "{\"id\":\"c\",\"object\":\"chat.completion\",\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\"\(text)\"},"
                + "\"finish_reason\":\"stop\"}]\(usage)}")
    }

    /// A chat model's stream: each word in a chunk and a read of its own, then the reason for the end, the usage and `[DONE]`.
    public static func chunks(_ words: String..., tokens: (prompt: Int, completion: Int)? = (5, 7)) -> UpstreamScript {
        .events(ChatText.events(words, tokens: tokens))
    }

    /// A stream of events, each in a read of its own, that ends in time.
    public static func events(_ events: [String], fields: [(name: String, value: String)] = []) -> UpstreamScript {
        UpstreamScript(
            [.head(status: 200, fields: [("content-type", "text/event-stream")] + fields)] + events.map { .read([Array($0.utf8)]) } + [
                .end(.complete)
            ])
    }

    /// No answer: the wire fails.
    public static func failure(_ kind: UpstreamFailure.Kind, after delay: Duration = .zero) -> UpstreamScript {
        UpstreamScript([.wait(delay), .end(.failed(UpstreamFailure(kind, "as the script says")))])
    }

    /// What an answer by `model` and `stream` of the request is: a chunk for each word, or a whole answer.
    public static func reply(to call: ScriptedTransport.Call, _ words: String..., tokens: (prompt: Int, completion: Int)? = (5, 7)) -> UpstreamScript
    {
        call.asksForStream ? .events(ChatText.events(words, tokens: tokens)) : .completion(words.joined(), tokens: tokens)
    }
}

// MARK: Changes

extension UpstreamScript {
    /// This script after so long a silence.
    public func after(_ delay: Duration) -> UpstreamScript { UpstreamScript([.wait(delay)] + steps) }

    /// This script on a connection that takes so long to be opened.
    public func connecting(for delay: Duration) -> UpstreamScript { UpstreamScript([.connect(after: delay)] + steps) }

    /// This script with a silence before each read and before the end.
    public func pausing(for delay: Duration) -> UpstreamScript {
        UpstreamScript(
            steps.flatMap { step -> [Step] in
                switch step {
                case .read: [.wait(delay), step]
                case .end: [.wait(delay), step]
                case .connect, .wait, .head: [step]
                }
            })
    }

    /// This script followed by another.
    public func then(_ other: UpstreamScript) -> UpstreamScript { UpstreamScript(steps + other.steps) }

    /// This script as it would come in reads of `size` bytes.
    public func cut(every size: Int) -> UpstreamScript {
        rewritten { body in stride(from: 0, to: body.count, by: max(1, size)).map { Array(body[$0..<min(body.count, $0 + max(1, size))]) } }
    }

    /// This script as it would come in two reads, with so many bytes in the first.
    public func cut(at place: Int) -> UpstreamScript {
        rewritten { body in [Array(body.prefix(place)), Array(body.dropFirst(place))].filter { !$0.isEmpty } }
    }

    /// This script with every byte of the body in one read.
    public var inOneRead: UpstreamScript { rewritten { $0.isEmpty ? [] : [$0] } }

    /// This script as far as so many bytes of its body, and another end.
    public func breaking(after bytes: Int, with end: UpstreamEnd = .failed(UpstreamFailure(.truncated, "as the script says"))) -> UpstreamScript {
        var left = bytes
        var kept: [Step] = []
        loop: for step in steps {
            switch step {
            case .read(let pieces):
                let body = pieces.flatMap { $0 }
                if body.count >= left {
                    if left > 0 { kept.append(.read([Array(body.prefix(left))])) }
                    break loop
                }
                left -= body.count
                kept.append(step)
            case .end: break loop
            case .connect, .wait, .head: kept.append(step)
            }
        }
        return UpstreamScript(kept + [.end(end)])
    }

    /// This script without its end: it stays silent instead.
    public var withoutEnd: UpstreamScript {
        UpstreamScript(steps.filter { if case .end = $0 { false } else { true } })
    }

    /// Every byte of the body.
    public var body: [UInt8] {
        steps.flatMap { step -> [UInt8] in
            if case .read(let pieces) = step { pieces.flatMap { $0 } } else { [] }
        }
    }

    /// All reads in place of the first one; silences between them are lost.
    private func rewritten(_ reads: ([UInt8]) -> [[UInt8]]) -> UpstreamScript {
        guard let first = steps.firstIndex(where: { if case .read = $0 { true } else { false } }) else { return self }
        let before = steps[..<first]
        let end = steps.last { if case .end = $0 { true } else { false } }
        return UpstreamScript(before + reads(body).map { .read([$0]) } + (end.map { [$0] } ?? []))
    }
}

/// The texts of a chat model's answers.
public enum ChatText {
    /// The events of a stream: each word, the reason for the end, the usage and `[DONE]`.
    public static func events(_ words: [String], tokens: (prompt: Int, completion: Int)? = (5, 7)) -> [String] {
        words.map { chunk($0) } + [finish()] + (tokens.map { ["data: {\"choices\":[],\"usage\":\(usage($0))}\n\n"] } ?? []) + [done]
    }

    /// The event of one word.
    public static func chunk(_ word: String) -> String {
        "data: {\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"\(word)\"}}]}\n\n"
    }

    /// The event that says why the answer ends.
    public static func finish(_ reason: String = "stop") -> String {
        "data: {\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"\(reason)\"}]}\n\n"
    }

    /// The event that ends a stream.
    public static let done = "data: [DONE]\n\n"

    /// A usage object.
    public static func usage(_ tokens: (prompt: Int, completion: Int)) -> String {
        "{\"prompt_tokens\":\(tokens.prompt),\"completion_tokens\":\(tokens.completion),\"total_tokens\":\(tokens.prompt &+ tokens.completion)}"
    }
}
