/// How a mock provider, or one of its models, answers.
///
/// The defaults are a healthy provider that answers at once with twenty words. `MockBehaviour.init(parsing:)` lists the keys under
/// which the same properties are set by a header, a model name, the control endpoint or a fleet file.
///
/// ```swift
/// let slow = try MockBehaviour(parsing: "ttft=50,tokens=9")
/// var broken = slow
/// try broken.apply("status=503")
/// ```
public struct MockBehaviour: Equatable, Sendable {
    /// What the content chunks say.
    public enum Content: String, Equatable, Sendable, CaseIterable {
        /// `w0 `, `w1 `, …: the order can be checked.
        case count
        /// `s=000000 t=0000000000000000 `: the chunk's number and the `CLOCK_MONOTONIC` microseconds of its write, so that another
        /// process on the machine can measure the transit.
        case stamp
        /// A sentence about the mock, word by word.
        case prose
    }

    /// When a stream reports its usage.
    public enum Usage: String, Equatable, Sendable, CaseIterable {
        /// In a last event without choices, whether it was asked for or not.
        case always
        /// In a last event without choices, when `stream_options.include_usage` asks for it.
        case asked
        /// Not at all, in streams and in whole answers.
        case never
        /// In the event with the `finish_reason` (LiteLLM).
        case onChoice = "on-choice"
    }

    /// How fast the chunks follow each other.
    public enum Pace: Equatable, Sendable {
        /// Milliseconds between two writes, drawn for each; 0 is as fast as the client reads.
        case gap(MockDistribution)
        /// Chunks a second, drawn once for each stream; 0 is as fast as the client reads.
        case rate(MockDistribution)
    }

    // Time

    /// Milliseconds from the request to the first chunk of a stream.
    public var timeToFirstToken = MockDistribution.constant(0)
    /// The pace of a stream.
    public var pace = Pace.gap(.constant(0))
    /// Milliseconds before an answer that is not a stream, errors included.
    public var delay = MockDistribution.constant(0)
    /// Whether the head of a stream is sent at once and not with the first chunk.
    public var headIsEarly = false

    // Size

    /// Content chunks of a stream; words of a whole answer.
    public var tokens = MockDistribution.constant(20)
    /// Bytes of content in each chunk; 0 for the length of its text.
    public var contentBytes = 0
    /// Bytes of each content event including its framing; 0 for as many as it needs.
    public var eventBytes = 0
    /// Bytes of a whole answer's body; 0 for as many as it needs.
    public var replyBytes = 0
    /// Content events in one write.
    public var batch = 1
    /// Bytes of content in one huge event, the one numbered `position`; 0 for none.
    public var hugeBytes = 0
    /// Bytes of a stream that is written as fast as the client reads, in place of `tokens` and `pace`; 0 for none.
    public var floodBytes = 0
    /// Numbers in an embedding, unless the request says how many.
    public var dimensions = 8

    // Form

    /// What the chunks say.
    public var content = Content.count
    /// When usage is reported.
    public var usage = Usage.asked
    /// The `finish_reason`.
    public var finishReason = "stop"
    /// The first chunks that are reasoning.
    public var reasoningChunks = 0
    /// The name of the function that is called instead of an answer in text; empty for none.
    public var tool = ""
    /// Whether the role comes in an event of its own.
    public var roleComesFirst = false
    /// Whether lines of an event stream end with CR and LF.
    public var usesCRLF = false
    /// A comment comes before every this many chunks; 0 for none.
    public var commentEvery = 0
    /// Whether events are cut into several writes.
    public var splitsEvents = false
    /// Whether the `finish_reason` is left out.
    public var omitsFinish = false
    /// Whether `[DONE]` is left out.
    public var omitsDone = false
    /// Whether a whole answer is sent, without an error, even if a stream was asked for.
    public var ignoresStream = false
    /// Further header lines of every answer, such as those of a limit: `name: value`.
    public var fields: [String] = []
    /// Milliseconds between comments while the first chunk of a stream is late; 0 for silence.
    public var mutterMilliseconds = 0
    /// Whether the answer has `connection: close`.
    public var closesConnection = false

    // Failure

    /// What can go wrong.
    public var faults: [MockFault] = []
    /// How many requests the faults may strike, from the first one; 0 for all.
    public var faultyRequests = 0
    /// The chunk at which a malformed or huge event is sent.
    public var position = 0
    /// The form of error bodies; by default that of the retry hints, otherwise OpenAI's.
    public var errorShape: MockErrorShape?
    /// What an error answer says about when to come back.
    public var retryHints: [MockRetryHint] = []
    /// The window that a 429 names; `nil` for the default of the body's form.
    public var limitWindow: MockLimitWindow?
    /// The message of errors; `nil` for one that fits the status.
    public var errorMessage: String?
    /// The code of errors; `nil` for one that fits the status.
    public var errorCode: String?
    /// A hidden limit.
    public var quota: MockQuota?

    /// Makes the default behaviour.
    public init() {}

    /// What the benchmark rig expects: a hundred chunks of 256 bytes that carry their number and time, whole
    /// answers of 1 KB, usage always.
    public static var benchmark: Self {
        var behaviour = Self()
        behaviour.content = .stamp
        behaviour.tokens = .constant(100)
        behaviour.eventBytes = 256
        behaviour.replyBytes = 1024
        behaviour.usage = .always
        return behaviour
    }

    /// The form of error bodies, even if none was set.
    var effectiveErrorShape: MockErrorShape {
        if let errorShape { return errorShape }
        for hint in retryHints {
            if hint.dialect == .google { return .google }
            if hint.dialect == .openRouter { return .openRouter }
            if hint.dialect == .cerebrasDay { return .cerebras }
        }
        return .openAI
    }
}
