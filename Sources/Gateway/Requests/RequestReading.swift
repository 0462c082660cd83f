internal import EventLoop
internal import HTTPServer
internal import Wire

/// What the gateway needs to know of a request's body, all that takes longer the longer the body is.
struct RequestReading: Sendable {
    /// Longest body that is read on the loop, in bytes: one full of escapes takes 2 ms, others a tenth of that. Longer ones are read on a thread of the pool.
    static let mostOnLoop = 256 * 1024
    /// Longest `previous_response_id`, in bytes; OpenAI's have 55.
    private static let longestResponseID = 512

    let envelope: RequestEnvelope
    /// The text of `model`.
    let model: String
    /// What it holds beside text.
    let media: MediaParts
    /// OpenRouter's `models`.
    let further: [String]
    /// OpenRouter's `provider`.
    let preferences: ProviderPreferences?
    /// The answer from which the request goes on, where it names one in words.
    let previousResponse: String?
    /// The conversation that its provider keeps and in which the request goes on, where it names one.
    let keptConversation: String?
    /// The conversation that the request belongs to, where one matters.
    let conversation: Conversation?
    /// Whether the request names its conversation; otherwise it was told by its messages.
    let isConversationNamed: Bool
    /// Whether only `user` names it: who is talking, which one program may say of all it asks.
    let isUserNamed: Bool

    /// What a conversation is told from others by.
    enum ConversationSource: Sendable {
        /// None matters.
        case none
        /// A session field names it: its number.
        case session(UInt64)
        /// The body does; the key's own number goes into that of the conversation.
        case body(key: UInt64)
    }

    /// Reads a body.
    ///
    /// - Parameter isRestricted: Whether the key may not use every model, so that nothing may go on that has a provider use another one.
    init(_ body: RawSpan, _ endpoint: Endpoint, conversation source: ConversationSource, isRestricted: Bool) throws(WireError) {
        envelope = try RequestEnvelope(scanning: body, needsModel: endpoint != .moderations)
        if endpoint == .chatCompletions, !envelope.hasMessages {
            throw WireError("`messages` is missing: an array of messages is needed", param: "messages")
        }
        if isRestricted, let member = OtherModels.member(in: body, envelope) {
            throw WireError(
                "`\(member)` may have another model used than those this API key may ask for: leave it out, or have the key allowed every model",
                param: member)
        }
        model = envelope.modelName(in: body)
        media = envelope.media(in: body)
        var further = envelope.models == nil ? [] : envelope.modelNames(in: body)
        // Where `model` is absent the first of them stands for it.
        if !envelope.hasModel, !further.isEmpty { further.removeFirst() }
        self.further = further
        preferences = envelope.provider == nil ? nil : envelope.providerPreferences(in: body)
        previousResponse = envelope.hasPreviousResponseID ? envelope.previousResponse(in: body) : nil
        if let previousResponse, previousResponse.utf8.count > RequestReading.longestResponseID {
            throw WireError("`previous_response_id` must have at most \(RequestReading.longestResponseID) bytes", param: "previous_response_id")
        }
        keptConversation = endpoint == .responses ? envelope.keptConversation(in: body) : nil
        if let keptConversation, keptConversation.utf8.count > RequestReading.longestResponseID {
            throw WireError("`conversation` must have at most \(RequestReading.longestResponseID) bytes", param: "conversation")
        }
        switch source {
        case .none: (conversation, isConversationNamed, isUserNamed) = (nil, false, false)
        case .session(let number): (conversation, isConversationNamed, isUserNamed) = (Conversation(number: number), true, false)
        case .body(let key):
            conversation = Conversation.identify(envelope, in: body, key: key)
            isConversationNamed = envelope.promptCacheKey != nil || envelope.user != nil
            isUserNamed = envelope.promptCacheKey == nil && envelope.user != nil
        }
    }
}
