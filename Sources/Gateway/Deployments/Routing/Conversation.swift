internal import Wire

/// Which conversation a request belongs to, as a number: by what the client says, otherwise by its messages.
///
/// `prompt_cache_key` is what OpenAI asks clients to send for the same purpose; `user` and a session header name who is talking. Without them a request
/// goes on from an earlier one whose last message stands before the last answer in its own messages, behind the same beginning: the messages up to the first
/// of the user's. So a beginning that many requests share, such as one of examples of questions and answers, makes no conversation of them.
struct Conversation: Equatable, Sendable {
    /// The number by which a later request finds it.
    let number: UInt64
    /// The number that it had with its earlier request, where the client does not name it; `nil` where nobody has answered in it.
    var earlier: UInt64?
    /// Whether its messages tell that it goes on from an earlier request; a session or a key of a prompt cache needs no such sign.
    var goesOn = false

    /// The header fields that name a session.
    static let fields: [StaticString] = ["x-session-id", "session-id", "x-conversation-id"]
    /// Bytes of a message that are looked at from each end; two conversations that differ only between them count as one.
    private static let mostBytes = 4096
    /// Messages before the first of the user's that are looked at.
    private static let mostMessages = 16

    /// The number of a conversation, by the value of a session header.
    ///
    /// - Parameter key: The client key's id: conversations of different keys are never the same.
    static func identify(session: RawSpan, key: UInt64) -> UInt64 {
        var hash = ByteHash(seed: key)
        hash.add(1)
        hash.add(session)
        return hash.value
    }

    /// The conversation, by the request's body.
    ///
    /// - Parameter key: The client key's id.
    static func identify(_ envelope: RequestEnvelope, in body: RawSpan, key: UInt64) -> Conversation? {
        var hash = ByteHash(seed: key)
        if let range = envelope.promptCacheKey {
            hash.add(2)
            hash.add(body.extracting(range))
            // Keys of prompt caches are often the same for all users of a program.
            if let user = envelope.user { hash.add(body.extracting(user)) }
            return Conversation(number: hash.value)
        }
        if let range = envelope.user {
            hash.add(3)
            hash.add(body.extracting(range))
            var conversation = Conversation(number: hash.value)
            // Whoever talks may begin a conversation at any time.
            conversation.goesOn = ((try? lastBeforeAnswer(envelope.lastMessages, in: body)) ?? nil) != nil
            return conversation
        }
        guard let messages = envelope.messages else { return nil }
        hash.add(4)
        do throws(JSONError) {
            let beginning = try addBeginning(body.extracting(messages), to: &hash)
            let last = envelope.lastMessages
            guard last.count > 0 else { return Conversation(number: hash.value) }
            func number(of message: Range<Int>) -> UInt64 {
                var hash = hash
                let isKnown = beginning.map { messages.lowerBound + $0.end == message.upperBound } ?? false
                hash.add(isKnown ? beginning?.digest ?? 0 : digest(body.extracting(message)))
                return hash.value
            }
            let earlier = try lastBeforeAnswer(last, in: body)
            var conversation = Conversation(number: number(of: last[fromLast: 0]))
            if let earlier { (conversation.earlier, conversation.goesOn) = (number(of: earlier), true) }
            return conversation
        } catch {
            return nil
        }
    }

    private static func digest(_ message: RawSpan) -> UInt64 {
        var hash = ByteHash(seed: 0)
        let count = message.byteCount
        hash.add(message.extracting(first: min(count, mostBytes)))
        // What stands in both ends is looked at once.
        if count > mostBytes { hash.add(message.extracting(droppingFirst: max(mostBytes, count - mostBytes))) }
        hash.add(UInt64(count))
        return hash.value
    }

    /// Adds the messages up to the first of the user's.
    ///
    /// - Returns: The end of the last of them and what it is told by, for where it is the request's last one, too.
    private static func addBeginning(_ messages: RawSpan, to hash: inout ByteHash) throws(JSONError) -> (end: Int, digest: UInt64)? {
        var scanner = JSONScanner(messages)
        guard try scanner.enterArrayOrSkip() else { return nil }
        var count = 0
        var last: (end: Int, digest: UInt64)?
        while count < mostMessages, try scanner.nextElement() {
            let range = try scanner.skipValue()
            let message = messages.extracting(range)
            let digest = digest(message)
            hash.add(digest)
            last = (range.upperBound, digest)
            count += 1
            if try isOf("user", message) { break }
        }
        return last
    }

    /// The message with which the request ended that the last answer was given to; `nil` where there is none, or too much stands behind it.
    private static func lastBeforeAnswer(_ messages: LastRanges, in body: RawSpan) throws(JSONError) -> Range<Int>? {
        var hasAnswer = false
        for place in 0..<messages.count {
            let isAnswer = try isOf("assistant", body.extracting(messages[fromLast: place]))
            if hasAnswer, !isAnswer { return messages[fromLast: place] }
            if isAnswer { hasAnswer = true }
        }
        return nil
    }

    private static func isOf(_ role: StaticString, _ message: RawSpan) throws(JSONError) -> Bool {
        var scanner = JSONScanner(message)
        guard try scanner.enterObjectOrSkip() else { return false }
        while let name = try scanner.nextMember() {
            if name.equals("role", in: message) { return try scanner.readTextOrSkip()?.equals(role, in: message) ?? false }
            try scanner.skipValue()
        }
        return false
    }
}
