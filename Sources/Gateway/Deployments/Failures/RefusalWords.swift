internal import Wire

/// Tells a refusal that says what is wrong with a request from one that says nothing but that something is: an empty body, a page, `Bad Request`, a message of
/// words that fit every refusal.
///
/// Nothing more follows from it than that another candidate is asked before the client is told, so prose may decide it.
///
/// | body | says what is wrong |
/// | --- | --- |
/// | empty, a page, `Bad Request`, `{"error":{"message":"x","type":"invalid_request_error"}}`, `Provider returned error` | no; the last is the provider's |
/// | a `param`, a code of its own such as `context_length_exceeded` | yes |
/// | `temperature must be at most 2`, `Invalid value: 'x'` | yes: two words that not every refusal has, or one that is a member's name or quoted |
enum RefusalWords {
    /// Whether it says what is wrong.
    ///
    /// - Parameter raw: What the server behind the provider has answered, as text.
    static func sayWhat(_ error: UpstreamErrorBody, _ nested: NestedError? = nil, raw: String? = nil) -> Bool {
        saysWhat(error) || (nested.map { saysWhat($0.body) } ?? false) || (raw.map { saysWhat($0) } ?? false)
    }

    /// Whether an error that says nothing of what is wrong says whose it is: that of a server behind the provider, or of the inference itself.
    static func onlyPassOn(_ error: UpstreamErrorBody) -> Bool {
        guard let message = error.message, message.utf8.count <= 64 else { return false }
        let words = message.lowercased().split { !$0.isLetter }.joined(separator: " ")
        return passedOn.contains(words)
    }

    private static let passedOn: Set<String> = [
        "provider returned error", "provider returned an error", "inference error", "inference failed", "provider error", "upstream error",
        "upstream returned an error", "model error", "backend error", "error", "unknown error", "an error occurred", "an unknown error occurred",
        "unknown provider error",
    ]

    private static func saysWhat(_ error: UpstreamErrorBody) -> Bool {
        guard !error.isPage else { return false }
        if let param = error.param, !param.isEmpty { return true }
        if let code = error.code, isOwn(code) { return true }
        return error.message.map { saysWhat($0) } ?? false
    }

    /// Whether a code says more than the status does.
    private static func isOwn(_ code: String) -> Bool {
        code.split { !$0.isLetter && !$0.isNumber }.contains { part in
            let word = part.lowercased()
            return !isCommon(word) && !commonCodes.contains(word)
        }
    }

    private static func saysWhat(_ message: String) -> Bool {
        var own = 0
        for token in message.split(whereSeparator: \.isWhitespace) {
            let isQuoted = token.first == "'" || token.contains { $0 == "`" || $0 == "\"" }
            let word = token.drop { !$0.isLetter && !$0.isNumber }
            let bare = word.prefix { $0.isLetter || $0.isNumber || $0 == "_" || $0 == "." || $0 == "'" }.lowercased()
            guard bare.count > 1, !isCommon(bare.filter(\.isLetter)) else { continue }
            if isQuoted || bare.dropLast().contains(where: { $0 == "_" || $0 == "." }) { return true }
            own += 1
        }
        return own >= 2
    }

    /// Whether a word fits every refusal. A number does, as the status.
    private static func isCommon(_ word: String) -> Bool { word.allSatisfy { !$0.isLetter } || commonWords.contains(word) }

    private static func words(_ text: String) -> Set<String> { Set(text.split(separator: " ").map { String($0) }) }

    private static let commonCodes = words(
        "argument badrequest badrequesterror httperror invalidargument invalidrequest invalidrequesterror unprocessableentity unprocessableentityerror "
            + "validation")

    private static let commonWords = words(
        "a again an and api at bad be because body by call cant check client cloudflare closed code contact content could couldnt details documentation "
            + "doesnt due entity error errors exception failed failure for format from has have http https in incorrect input internal invalid is isnt it later "
            + "malformed message nginx none not null occurred of on or origin our please process processed processing provider received refused rejected "
            + "request requests response returned see sent server something status support that the there this to try type unable understand understood "
            + "unexpected unknown unprocessable upstream was went with wrong you your")
}
