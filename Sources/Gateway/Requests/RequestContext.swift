public import EventLoop
public import Wire

/// Everything that is known about one request: who, what, which attempts, how long, how it ended. One object lives through all phases
/// and is what the log and the metrics see.
public final class RequestContext {
    /// How a request ended for the client.
    public enum Outcome: String, Sendable {
        /// A whole answer.
        case answered
        /// An error with a status.
        case refused
        /// An answer that broke after its first bytes.
        case broken
        /// The client left first.
        case clientGone
    }

    /// The request's identity, in `x-request-id` and in the log.
    public internal(set) var id = RequestID()
    /// What the path asked for.
    public internal(set) var route = Route.unknown
    /// Whether its head could not be read, so that nobody knows what it asks for.
    var isHeadUnknown = false
    /// The listener by which it came.
    var door = Door.clients
    /// The origin of a page that may call though no key is needed.
    var allowedOrigin: String?
    /// The method.
    public internal(set) var method = HTTPMethod.get
    /// Who asked.
    public internal(set) var key = VirtualKey.anonymous
    /// When the first byte of the request came.
    public internal(set) var startedAt: LoopInstant
    /// When the whole request was there.
    public internal(set) var receivedAt: LoopInstant
    /// When the first content came from a provider.
    public internal(set) var firstContentAt: LoopInstant?
    /// Whether content of a provider's is on its way to the client, so that no other deployment may be tried.
    public internal(set) var hasCommitted = false
    /// Whether a comment may go out now that content has: the answer consists of events, and all that is out of them is whole.
    var isBetweenEvents = false
    /// Whether the head of a stream went out with a comment, before there was content.
    public internal(set) var isKeptAlive = false
    /// By what a later request may go on from the answer.
    var answerIDs = AnswerIDs()
    /// The value of `model`, as the client wrote it.
    public internal(set) var requestedModel = ""
    /// Whether the client asked for a stream.
    public internal(set) var isStream = false
    /// Whether it asks for an answer that is made whether or not anybody waits for it.
    var isBackground = false
    /// The deployment that answers or was tried last.
    public internal(set) var deployment: Deployment?
    /// How many deployments were tried.
    public internal(set) var attempts = 0
    /// The attempts that failed, in order.
    public internal(set) var failures: [AttemptFailure] = []
    /// What was done with the answer beside passing it on, for `x-best-trail`.
    var remark: StaticString?
    /// How the name of the model was found.
    public internal(set) var nameMatch = NameMatch.exact
    /// The score of the deployment that was tried last, when it was tried.
    public internal(set) var score = 0.0
    /// The candidate with the best score; it need not be the one that was tried first.
    public internal(set) var bestScored: Deployment?
    /// Why the candidate with the best score did not answer, when another one did.
    public internal(set) var whyNotBest: String?
    /// The place of the scores that counted, and the generation of the ranking's profiles in which it is theirs.
    var scorePlace = 0
    var scoreGeneration = 0
    /// What put the first candidate where it is.
    var decisionReason = Decision.Reason.score
    /// By what its end is told to its conversation.
    var ticket: AffinityTable.Ticket?
    /// The conversation the request belongs to.
    var conversation: Conversation?
    /// The status the client got; 0 when it had left.
    public internal(set) var status = 0
    /// How the request ended.
    public internal(set) var outcome = Outcome.refused
    /// The code of the error the client got.
    public internal(set) var errorCode: String?
    /// Details of a failure for the log.
    public internal(set) var detail: String?
    /// The tokens of the attempt that answered, or that was under way when the client left: as the provider reported them, else as they are estimated.
    public internal(set) var usage: Usage?
    /// Where the figures of `usage` come from.
    public internal(set) var usageSource = UsageSource.none
    /// Pictures in the request, where a price may depend on them, and pictures it asks for.
    var images = 0
    var madeImages = 0
    /// What attempts used whose answers did not reach the client.
    var lost: [LostAttempt] = []
    /// Whether a request was sent to a provider, so that it counts whatever became of it.
    var wasSent = false
    /// Bytes of the request's and the answer's body.
    public internal(set) var bytesIn = 0
    /// Whether the request holds pictures, sound or files, whose bytes no model reads as such.
    var hasMedia = false
    /// Bytes of the request that are data of such parts, and the tokens that a model probably reads for them.
    var mediaBytes = 0
    var mediaTokens = 0
    /// Bytes of the request that count as its prompt, beside `mediaTokens`.
    var promptBytes: Int { max(0, bytesIn - mediaBytes) }
    /// Bytes of the request that tell how many there are for a token; 0 where they don't.
    var tellingBytes: Int { hasMedia ? 0 : bytesIn }
    /// Bytes of the answer's body.
    public internal(set) var bytesOut = 0
    /// When the request ended.
    public internal(set) var endedAt: LoopInstant
    /// Time spent waiting for providers so far.
    public internal(set) var upstreamMicroseconds = 0
    /// Time spent waiting for capacity before an attempt.
    public internal(set) var waitedMicroseconds = 0

    /// The time until the answer began that was not spent waiting for providers; `nil` while no answer has begun.
    public internal(set) var overheadMicroseconds: Int?

    /// What was taken from the key's limits for it.
    var reservation: LimitReservation?
    /// What counts its stream while it passes, where the key has limits that grow with answers; and how much of it was counted.
    var meter: Admission?
    var meteredUpTo = 0
    /// How far the key's limits are used, where it has any.
    var standing: LimitStanding?
    /// Whether its stream is to end at the next chunk, because its key was revoked.
    var isCutOff = false

    init(at now: LoopInstant) {
        startedAt = now
        receivedAt = now
        endedAt = now
    }

    /// The endpoint, for requests that go to a provider.
    public var endpoint: Endpoint? {
        if case .model(let endpoint) = route { endpoint } else { nil }
    }

    /// Which API's events a stream consists of.
    var dialect: StreamEvent.Dialect { endpoint?.dialect ?? .chat }
}
