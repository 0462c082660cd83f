/// One way in which a request can go wrong, and how likely it is to happen. At most one fault strikes a request.
public struct MockFault: Equatable, Sendable {
    /// A place in an answer.
    public enum Point: Equatable, Sendable {
        /// Before the head.
        case head
        /// After the head and this many content chunks; an answer that is not a stream is cut in its middle.
        case chunk(Int)
        /// After half of the content chunks.
        case half
    }

    /// How the form of an answer is broken.
    public enum Malformation: String, Equatable, Sendable, CaseIterable {
        /// An event, or the body, is not JSON.
        case json
        /// Lines that do not belong in an event stream come between the events.
        case sse
        /// The answer ends cleanly in the middle of an event or of the body.
        case truncated
        /// A line of the head has no colon.
        case headers
    }

    /// What is missing in an answer that claims success.
    public enum Emptiness: String, Equatable, Sendable, CaseIterable {
        /// `choices` is an empty list.
        case choices
        /// The text is empty, the rest is as usual.
        case content
        /// The body is empty.
        case body
    }

    /// What goes wrong.
    public enum Kind: Equatable, Sendable {
        /// An error status with a body.
        case status(Int)
        /// The connection is broken off.
        case reset(Point)
        /// Silence for as long as the client stays.
        case stall(Point)
        /// A clean end of the body after this many chunks, without `finish_reason` and `[DONE]`.
        case cut(Point)
        /// An event with an error object after this many chunks, then a clean end; in other answers the error
        /// object in a 200.
        case errorEvent(Point)
        /// The form is broken.
        case malformed(Malformation)
        /// The answer is empty.
        case empty(Emptiness)
    }

    /// What goes wrong.
    public var kind: Kind
    /// How likely it is, from 0 to 1.
    public var probability: Double

    /// Makes a fault; without a probability it strikes every request.
    public init(_ kind: Kind, probability: Double = 1) {
        self.kind = kind
        self.probability = probability
    }

    /// The fault that strikes a request: one throw of the dice over the probabilities side by side.
    static func choose(from faults: [MockFault], using random: inout MockRandom) -> Kind? {
        guard !faults.isEmpty else { return nil }
        var left = random.unit()
        for fault in faults {
            if left < fault.probability { return fault.kind }
            left -= fault.probability
        }
        return nil
    }
}

extension MockFault.Point {
    /// Parses `head`, `half` or a number of chunks.
    init?(_ text: some StringProtocol) {
        switch text {
        case "head": self = .head
        case "half": self = .half
        default:
            guard let chunks = Int(text), chunks >= 0 else { return nil }
            self = .chunk(chunks)
        }
    }

    /// The number of content chunks before the point in a stream of `total`; `nil` for the head.
    func chunks(of total: Int) -> Int? {
        switch self {
        case .head: nil
        case .half: total / 2
        case .chunk(let count): count
        }
    }
}
