/// Reads one `HTTPURL` from bytes, left to right, without backing up.
struct HTTPURLParser {
    private let bytes: [UInt8]
    private var offset = 0

    init(_ text: String) {
        bytes = Array(text.utf8)
    }

    mutating func parse() throws(HTTPURLError) -> HTTPURL {
        guard bytes.count <= HTTPURL.maximumLength else { throw .length }
        let scheme = try parseScheme()
        try refuseForeignParts()
        let authority = bytes[offset...].prefix { $0 != UInt8(ascii: "/") }
        offset = authority.endIndex
        let (host, portDigits) = try split(authority)
        let port = try portDigits.map { digits throws(HTTPURLError) in try parsePort(digits) } ?? scheme.defaultPort
        return HTTPURL(scheme: scheme, host: host, port: port, path: try parsePath())
    }

    private mutating func parseScheme() throws(HTTPURLError) -> HTTPURL.Scheme {
        for scheme in [HTTPURL.Scheme.https, .http] {
            let prefix = Array("\(scheme.rawValue)://".utf8)
            guard bytes.count >= prefix.count, bytes[..<prefix.count].map(lowercase) == prefix else { continue }
            offset = prefix.count
            return scheme
        }
        throw .scheme
    }

    /// Everything behind the scheme must be a visible ASCII character that can stand in an authority or a path.
    private func refuseForeignParts() throws(HTTPURLError) {
        let rest = bytes[offset...]
        // Named first: text with these is the kind that holds a credential, and the reason should say so.
        if rest.prefix(while: { $0 != UInt8(ascii: "/") }).contains(UInt8(ascii: "@")) { throw .userInformation }
        if rest.contains(UInt8(ascii: "#")) { throw .fragment }
        if rest.contains(UInt8(ascii: "?")) { throw .query }
        for byte in rest where byte <= 0x20 || byte >= 0x7F || Self.delimiters.contains(byte) { throw .characters }
    }

    private func split(_ authority: ArraySlice<UInt8>) throws(HTTPURLError) -> (host: String, port: ArraySlice<UInt8>?) {
        if authority.first == UInt8(ascii: "[") {
            guard let end = authority.firstIndex(of: UInt8(ascii: "]")) else { throw .address }
            let inner = authority[(authority.startIndex + 1)..<end]
            guard HostName.isIPv6(inner) else { throw .address }
            let rest = authority[(end + 1)...]
            guard rest.isEmpty || rest.first == UInt8(ascii: ":") else { throw .host }
            return (text(inner.map(lowercase)), rest.isEmpty ? nil : rest.dropFirst())
        }
        let name = authority.prefix { $0 != UInt8(ascii: ":") }
        let rest = authority[name.endIndex...]
        let lower = name.map(lowercase)
        guard HostName.isName(lower[...]) else { throw .host }
        // A last label of digits (or 0x…) is read as an address by inet_aton and the WHATWG URL standard, each in its own way.
        guard !HostName.endsInNumber(lower[...]) || HostName.isIPv4(lower[...]) else { throw .address }
        return (text(lower), rest.isEmpty ? nil : rest.dropFirst())
    }

    private func parsePort(_ digits: ArraySlice<UInt8>) throws(HTTPURLError) -> UInt16 {
        guard (1...5).contains(digits.count), digits.allSatisfy(isDigit) else { throw .port }
        let value = digits.reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) }
        guard let port = UInt16(exactly: value), port > 0 else { throw .port }
        return port
    }

    private func parsePath() throws(HTTPURLError) -> String {
        var rest = bytes[offset...]
        while rest.last == UInt8(ascii: "/") { rest = rest.dropLast() }
        guard !rest.isEmpty else { return "" }
        // Brackets belong around an IPv6 address only.
        guard !rest.contains(where: { $0 == UInt8(ascii: "[") || $0 == UInt8(ascii: "]") }) else { throw .characters }
        for segment in rest.dropFirst().split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false) {
            guard !segment.isEmpty, !segment.elementsEqual(".".utf8), !segment.elementsEqual("..".utf8) else { throw .segments }
            for index in segment.indices where segment[index] == UInt8(ascii: "%") {
                guard segment[index...].dropFirst().prefix(2).count(where: isHexadecimal) == 2 else { throw .percent }
            }
        }
        return text(Array(rest))
    }

    private func text(_ bytes: [UInt8]) -> String {
        String(decoding: bytes, as: UTF8.self)
    }

    /// Visible ASCII that is neither `pchar` nor part of an authority (RFC 3986 appendix A).
    private static let delimiters = Set("\"<>\\^`{|}".utf8)
}

private func lowercase(_ byte: UInt8) -> UInt8 {
    (0x41...0x5A).contains(byte) ? byte | 0x20 : byte
}

private func isDigit(_ byte: UInt8) -> Bool {
    (0x30...0x39).contains(byte)
}

private func isHexadecimal(_ byte: UInt8) -> Bool {
    isDigit(byte) || (0x61...0x66).contains(byte | 0x20)
}
