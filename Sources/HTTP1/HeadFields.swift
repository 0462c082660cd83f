internal import Wire

/// The field lines of one head; lines that matter for the message are recorded as they arrive, so that they
/// need not be searched for later.
struct HeadFields: ~Copyable {
    /// Where the lines with one name are.
    struct Lines {
        /// The index of the first one, if `count` is not 0.
        var first = 0
        /// How many there are.
        var count = 0

        fileprivate mutating func note(_ index: Int) {
            if count == 0 { first = index }
            count += 1
        }
    }

    /// Every field line.
    private(set) var list = HTTPFields()
    private(set) var host = Lines()
    private(set) var expect = Lines()
    private(set) var connection = Lines()
    private(set) var contentLength = Lines()
    private(set) var transferEncoding = Lines()
    private(set) var authorization = Lines()

    /// Adds a field line: a name that is a token, and a value without leading white space.
    mutating func append(name: RawSpan, value: RawSpan) {
        switch name.byteCount {
        case 4 where name.isLiteral("host"): host.note(list.count)
        case 6 where name.isLiteral("expect"): expect.note(list.count)
        case 10 where name.isLiteral("connection"): connection.note(list.count)
        case 13 where name.isLiteral("authorization"): authorization.note(list.count)
        case 14 where name.isLiteral("content-length"): contentLength.note(list.count)
        case 17 where name.isLiteral("transfer-encoding"): transferEncoding.note(list.count)
        default: break
        }
        list.append(name: name, value: value.withoutTrailingBlanks)
    }

    /// Whether a trailer with this name is refused: it would change how the message is framed or routed (RFC
    /// 9110 §6.5.1).
    static func forbidsTrailer(_ name: RawSpan) -> Bool {
        name.isLiteral("host") || name.isLiteral("content-length") || name.isLiteral("transfer-encoding")
    }

    /// Whether one of the `Connection` lines lists `option`, given in lower case (RFC 9110 §7.6.1).
    func listsConnectionOption(_ option: StaticString) -> Bool {
        guard connection.count > 0 else { return false }
        var next: Int? = connection.first
        while let index = next {
            if list.value(at: index).listsElement(option) { return true }
            next = connection.count == 1 ? nil : list.index(of: "connection", from: index + 1)
        }
        return false
    }

    /// Forgets every line but keeps the memory.
    mutating func removeAll() {
        list.removeAll()
        forgetNotes()
    }

    /// Forgets every line and frees the memory.
    mutating func deallocate() {
        list.deallocate()
        forgetNotes()
    }

    private mutating func forgetNotes() {
        (host, expect, connection, contentLength, transferEncoding, authorization) = (Lines(), Lines(), Lines(), Lines(), Lines(), Lines())
    }
}

extension RawSpan {
    /// Whether `element`, given in lower case, is one of the comma-separated elements (RFC 9110 §5.6.1).
    fileprivate func listsElement(_ element: StaticString) -> Bool {
        var start = 0
        while start <= byteCount {
            let end = firstIndex(of: UInt8(ascii: ","), from: start) ?? byteCount
            if extracting(start..<end).trimmed.equalsIgnoringCase(element) { return true }
            start = end + 1
        }
        return false
    }
}
