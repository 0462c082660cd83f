internal import Wire

/// The syntax of `Host` and of an absolute target's authority: a name or address, optionally followed by a port
/// (RFC 9110 §7.2).
///
/// It is stricter than RFC 3986: a name has only the bytes of machine names, since decisions based on it must
/// not be confused by user information, escapes, lists or empty labels.
enum HostSyntax {
    /// The longest name (RFC 1035 §2.3.4), which also bounds an address.
    private static let longestName = 255

    /// Whether `host` is well formed.
    static func accepts(_ host: RawSpan) -> Bool {
        guard host.byteCount > 0 else { return false }
        return host.byte(at: 0) == UInt8(ascii: "[") ? acceptsAddress(host) : acceptsName(host)
    }

    /// Whether two well-formed hosts are the same apart from case; a missing port differs from a given one.
    static func areEqual(_ left: RawSpan, _ right: RawSpan) -> Bool {
        guard left.byteCount == right.byteCount else { return false }
        for offset in 0..<left.byteCount where lowercased(left.byte(at: offset)) != lowercased(right.byte(at: offset)) { return false }
        return true
    }

    private static func lowercased(_ byte: UInt8) -> UInt8 { byte &- 0x41 < 26 ? byte | 0x20 : byte }

    private static func acceptsName(_ host: RawSpan) -> Bool {
        var previous = UInt8(ascii: ".")
        var end = 0
        while end < host.byteCount {
            let byte = host.byte(at: end)
            if byte == UInt8(ascii: ":") { break }
            guard AcceptedBytes.accepts(byte, in: .hostName) else { return false }
            if byte == UInt8(ascii: "."), previous == byte { return false }
            previous = byte
            end += 1
        }
        return end > 0 && end <= longestName && acceptsPort(host, from: end)
    }

    private static func acceptsAddress(_ host: RawSpan) -> Bool {
        var colons = 0
        var end = 1
        while end < host.byteCount, host.byte(at: end) != UInt8(ascii: "]") {
            let byte = host.byte(at: end)
            guard AcceptedBytes.accepts(byte, in: .hostAddress) else { return false }
            if byte == UInt8(ascii: ":") { colons += 1 }
            end += 1
        }
        // An IPv6 address has two to seven colons (RFC 4291 §2.2; eight with a "::" at an end) and at most 45 characters.
        guard end < host.byteCount, (2...8).contains(colons), end <= 46 else { return false }
        return acceptsPort(host, from: end + 1)
    }

    /// Whether nothing follows, or a colon and a port, which may be empty (RFC 3986 §3.2.3).
    private static func acceptsPort(_ host: RawSpan, from start: Int) -> Bool {
        guard start < host.byteCount else { return true }
        guard host.byte(at: start) == UInt8(ascii: ":") else { return false }
        if start + 1 == host.byteCount { return true }
        guard let port = host.extracting(start + 1..<host.byteCount).decimal(maximumDigits: 5) else { return false }
        return port <= 65535
    }
}
