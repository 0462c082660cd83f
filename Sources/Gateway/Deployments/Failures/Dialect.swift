internal import Wire

/// How one provider says one thing: a row of the table of dialects (`Dialect.all`), by which errors are understood.
///
/// A new dialect is a new row, and no code. A row has what it means, where it was seen, the codes that say it and the sentences that do.
///
/// - A **code** is a whole value of `code`, `type`, `status`, `reason` and their like; case and the marks between its words count for nothing, and `*` at an
///   end stands for anything. In a message it counts where it stands as a word by itself, as in the error of a server behind the provider.
/// - A **sentence** is a part of the message (`SentencePattern`: `#` is a number, `*` any text), in lower case.
///
/// What a row finds is evidence only where it can't be the request's own words (`FailureWords`).
struct Dialect: Sendable {
    /// What is said.
    enum Meaning: UInt8, CaseIterable, Sendable {
        /// The prompt, or prompt and answer together, are larger than the model takes.
        case overflow
        /// The request is larger than what the account's tier lets it have at once; the model may take it elsewhere.
        case tier
        /// The prompt is too long, in words that are also said of limits: not believed with a 429.
        case perhapsOverflow
        /// There is money, but not for a request of this size.
        case unaffordable
        /// There is no money, or no allowance that comes back by waiting.
        case money
        /// The allowance of this key is used up; other keys of the account may have theirs.
        case keyMoney
        /// The allowance of this model is used up, and does not come back by waiting.
        case modelMoney
        /// A limit that calls itself a lack of money.
        case limitNotMoney
        /// A limit was met.
        case limit
        /// A limit of the whole account, with every model.
        case accountLimit
        /// A limit of this key's, with every model.
        case keyLimit
        /// Whose limit it is, where one is spoken of: this key's, with every model.
        case ofTheKey
        /// A limit of this model's.
        case modelLimit
        /// The limit counts tokens.
        case tokens
        /// The limit counts requests.
        case requests
        /// The limit counts requests under way at a time.
        case inFlight
        /// The window of a limit.
        case minute, hour, day, week, month
        /// The credential is refused, beyond doubt also with a status that says something else.
        case key
        /// The credential is spoken of; enough with a 401 or 403.
        case perhapsKey
        /// The provider serves nobody from here, or not this account: a country, terms that were not accepted, an account that is closed.
        case denied
        /// The provider or its model is out of order, whatever the status.
        case degraded
        /// The model's own output could not be read: a tool call, JSON.
        case garbled
        /// There is no room now: load, and not a limit of the account's.
        case busy
        /// The model is not there (any more), or not for this account.
        case gone
        /// Something is not there (any more), without a word of what.
        case absent
        /// A parameter or a kind of input that others take is refused.
        case parameter
        /// The content was objected to.
        case content
        /// The path is not known, rather than the model.
        case path
    }

    /// What it says.
    let meaning: Meaning
    /// Where it was seen: a page of documentation, or a report.
    let source: StaticString
    /// Values of members made for programs.
    let codes: [StaticString]
    /// Parts of messages.
    let sentences: [SentencePattern]
    /// Codes that mean nothing else where they stand in a message.
    let words: [SentencePattern]

    init(_ meaning: Meaning, _ source: StaticString, codes: [StaticString] = [], says sentences: [StaticString] = []) {
        self.meaning = meaning
        self.source = source
        self.codes = codes
        self.sentences = sentences.map { SentencePattern($0) }
        words = codes.filter(Dialect.isDistinct).map { SentencePattern($0) }
    }

    private static func isDistinct(_ code: StaticString) -> Bool {
        let letters = "\(code)".utf8
        return letters.count >= 10 && letters.contains(UInt8(ascii: "_")) && letters.allSatisfy { $0 == UInt8(ascii: "_") || $0 | 0x20 &- 0x61 < 26 }
    }

    /// The table.
    static let all: [Dialect] = aboutRequests + aboutAccounts + aboutLimits + aboutModels + aboutProviders
}
