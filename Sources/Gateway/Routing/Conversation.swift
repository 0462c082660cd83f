internal import Wire

/// Which conversation a request belongs to, as a number: by what the client says, otherwise by how its messages begin.
///
/// `prompt_cache_key` is what OpenAI asks clients to send for the same purpose; `user` and a session header name who is talking. Without them,
/// the messages up to the first of the user's are the same in every request of a conversation.
enum Conversation {
    /// The header fields that name a session.
    static let fields: [StaticString] = ["x-session-id", "session-id", "x-conversation-id"]
    /// Bytes of a message that are looked at, from its front; two conversations that differ only behind them count as one.
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

    /// The number of a conversation, by the request's body.
    ///
    /// - Parameter key: The client key's id.
    static func identify(_ envelope: RequestEnvelope, in body: RawSpan, key: UInt64) -> UInt64? {
        var goesOn = false
        return identify(envelope, in: body, key: key, &goesOn)
    }

    /// The same, and whether the request goes on from an earlier one of the conversation: told by how its messages begin, there are further ones.
    static func identify(_ envelope: RequestEnvelope, in body: RawSpan, key: UInt64, _ goesOn: inout Bool) -> UInt64? {
        var hash = ByteHash(seed: key)
        if let range = envelope.promptCacheKey {
            hash.add(2)
            hash.add(body.extracting(range))
            // Keys of prompt caches are often the same for all users of a program.
            if let user = envelope.user { hash.add(body.extracting(user)) }
            return hash.value
        }
        if let range = envelope.user {
            hash.add(3)
            hash.add(body.extracting(range))
            return hash.value
        }
        guard let messages = envelope.messages else { return nil }
        hash.add(4)
        do throws(JSONError) {
            goesOn = try addBeginning(body.extracting(messages), to: &hash)
        } catch {
            return nil
        }
        return hash.value
    }

    /// - Returns: Whether further messages follow.
    private static func addBeginning(_ messages: RawSpan, to hash: inout ByteHash) throws(JSONError) -> Bool {
        var scanner = JSONScanner(messages)
        guard try scanner.enterArrayOrSkip() else { return false }
        var count = 0
        while count < mostMessages, try scanner.nextElement() {
            let range = try scanner.skipValue()
            let message = messages.extracting(range)
            hash.add(message.extracting(first: min(message.byteCount, mostBytes)))
            hash.add(UInt64(message.byteCount))
            count += 1
            if try isUsers(message) { return try scanner.nextElement() }
        }
        return false
    }

    private static func isUsers(_ message: RawSpan) throws(JSONError) -> Bool {
        var scanner = JSONScanner(message)
        guard try scanner.enterObjectOrSkip() else { return false }
        while let name = try scanner.nextMember() {
            if name.equals("role", in: message) { return try scanner.readTextOrSkip()?.equals("user", in: message) ?? false }
            try scanner.skipValue()
        }
        return false
    }
}

/// A quick hash over bytes for a table of our own. It is seeded anew in each process, so that nobody outside can choose collisions.
struct ByteHash {
    /// The process's own start.
    private static let secret = UInt64.random(in: .min ... .max)

    private var state: UInt64

    init(seed: UInt64) {
        state = seed ^ ByteHash.secret
    }

    var value: UInt64 { ByteHash.mix(state, 0x9E37_79B9_7F4A_7C15) }

    mutating func add(_ number: UInt64) {
        state = ByteHash.mix(state ^ number, 0xA076_1D64_78BD_642F)
    }

    mutating func add(_ bytes: RawSpan) {
        var at = 0
        while at < bytes.byteCount {
            add(bytes.word(at: at))
            at += 8
        }
        add(UInt64(bytes.byteCount))
    }

    /// The two halves of a 128-bit product together, as in wyhash.
    @inline(__always)
    private static func mix(_ left: UInt64, _ right: UInt64) -> UInt64 {
        let product = left.multipliedFullWidth(by: right)
        return product.high ^ product.low
    }
}
