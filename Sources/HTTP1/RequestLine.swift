internal import Wire

/// The first line of a request, split into its parts (RFC 9112 §3). Offsets count from the line's first byte.
struct RequestLine {
    /// The method, `.other` for a token that this gateway does not use.
    var method: HTTPMethod
    /// Where the method ends.
    var methodEnd: Int
    /// Path and query; empty in an absolute target without a path.
    var path: Range<Int>
    /// Host and port of an absolute target.
    var authority: Range<Int>?
    /// Where the target ends.
    var targetEnd: Int
    /// The minor version, after `HTTP/1.`: 0 or 1.
    var minorVersion: Int

    /// Splits a line and checks its bytes.
    ///
    /// - Parameters:
    ///   - line: The line without its end, free of control bytes except HTAB.
    ///   - maximumTargetBytes: The longest target that is accepted.
    init(_ line: RawSpan, maximumTargetBytes: Int) throws(HTTP1Error.Code) {
        guard let methodEnd = line.firstIndex(of: 0x20) else { throw .malformedRequestLine }
        let targetStart = methodEnd + 1
        guard let targetEnd = line.firstIndex(of: 0x20, from: targetStart) else {
            // The simple request of HTTP/0.9, which had only this method.
            if line.hasPrefix("GET ") { throw .unsupportedVersion }
            throw .malformedRequestLine
        }
        guard targetEnd - targetStart <= maximumTargetBytes else { throw .targetTooLong }
        minorVersion = try RequestLine.minorVersion(line.extracting(targetEnd + 1..<line.byteCount))
        method = try RequestLine.method(line.extracting(0..<methodEnd))
        self.methodEnd = methodEnd
        self.targetEnd = targetEnd
        path = targetStart..<targetEnd
        authority = nil
        guard targetStart < targetEnd else { throw .malformedRequestLine }
        switch line.byte(at: targetStart) {
        case UInt8(ascii: "/"):
            break
        case UInt8(ascii: "*") where method == .options && path.count == 1:
            return
        default:
            let authority = try RequestLine.authority(line.extracting(path))
            self.authority = targetStart + authority.lowerBound..<targetStart + authority.upperBound
            path = targetStart + authority.upperBound..<targetEnd
        }
        try RequestLine.checkPath(line.extracting(path))
    }

    private static func minorVersion(_ version: RawSpan) throws(HTTP1Error.Code) -> Int {
        guard version.byteCount == 8, version.hasPrefix("HTTP/"), version.byte(at: 6) == UInt8(ascii: ".") else { throw .malformedRequestLine }
        let major = version.byte(at: 5) &- 0x30
        let minor = version.byte(at: 7) &- 0x30
        guard major < 10, minor < 10 else { throw .malformedRequestLine }
        if major == 1, minor < 2 { return Int(minor) }
        throw .unsupportedVersion
    }

    private static func method(_ token: RawSpan) throws(HTTP1Error.Code) -> HTTPMethod {
        switch token.byteCount {
        case 3:
            if token.equals("GET") { return .get }
            if token.equals("PUT") { return .put }
        case 4:
            if token.equals("POST") { return .post }
            if token.equals("HEAD") { return .head }
        case 5 where token.equals("PATCH"):
            return .patch
        case 6 where token.equals("DELETE"):
            return .delete
        case 7 where token.equals("OPTIONS"):
            return .options
        case 7 where token.equals("CONNECT"):
            throw .unknownMethod
        case 0:
            throw .malformedMethod
        default:
            break
        }
        guard AcceptedBytes.accepts(token, in: .token) else { throw .malformedMethod }
        return .other
    }

    /// Where host and port are in an absolute target.
    private static func authority(_ target: RawSpan) throws(HTTP1Error.Code) -> Range<Int> {
        let start: Int
        if target.hasPrefixIgnoringCase("http://") {
            start = 7
        } else if target.hasPrefixIgnoringCase("https://") {
            start = 8
        } else {
            throw .misplacedTargetForm
        }
        var end = start
        while end < target.byteCount, target.byte(at: end) != UInt8(ascii: "/"), target.byte(at: end) != UInt8(ascii: "?") { end += 1 }
        guard HostSyntax.accepts(target.extracting(start..<end)) else { throw .malformedTarget }
        return start..<end
    }

    private static func checkPath(_ path: RawSpan) throws(HTTP1Error.Code) {
        var place = AcceptedBytes.Place.path
        var offset = 0
        while offset < path.byteCount {
            let byte = path.byte(at: offset)
            offset += 1
            if AcceptedBytes.accepts(byte, in: place) { continue }
            switch byte {
            case UInt8(ascii: "?"):
                place = .query
            case UInt8(ascii: "%"):
                guard offset + 2 <= path.byteCount, AcceptedBytes.isHexDigit(path.byte(at: offset)),
                    AcceptedBytes.isHexDigit(path.byte(at: offset + 1))
                else { throw .malformedTarget }
                offset += 2
            default:
                throw .malformedTarget
            }
        }
    }
}
