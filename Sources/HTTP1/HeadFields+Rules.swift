internal import Wire

/// What fields must and may contain, and what follows from them.
extension HeadFields {
    /// Checks `Host` (RFC 9112 §3.2): one well-formed line, which must agree with an absolute target.
    ///
    /// - Parameters:
    ///   - minorVersion: The minor version, after `HTTP/1.`; HTTP/1.0 may omit the field.
    ///   - authority: Host and port of an absolute target. RFC 9112 §3.2.2 would let it override a different
    ///     `Host`; a proxy in front of this one may have decided by the other, so the two must agree.
    func checkHost(minorVersion: Int, authority: RawSpan?) throws(HTTP1Error.Code) {
        guard host.count > 0 else {
            guard minorVersion == 0 else { throw .missingHost }
            return
        }
        guard host.count == 1 else { throw .repeatedHost }
        guard HostSyntax.accepts(list.value(at: host.first)) else { throw .malformedHost }
        guard let authority else { return }
        guard HostSyntax.areEqual(authority, list.value(at: host.first)) else { throw .mismatchedHost }
    }

    /// Whether the client announces with `Expect` that it waits for an interim answer; any other expectation is
    /// refused (RFC 9110 §10.1.1).
    func expectsContinue() throws(HTTP1Error.Code) -> Bool {
        guard expect.count > 0 else { return false }
        var next: Int? = expect.first
        while let index = next {
            guard list.value(at: index).equalsIgnoringCase("100-continue") else { throw .unknownExpectation }
            next = list.index(of: "expect", from: index + 1)
        }
        return true
    }

    /// Whether the other side keeps the connection: HTTP/1.1 unless it says `close`, HTTP/1.0 only if it says `keep-alive` (RFC 9112 §9.3).
    func keepsConnection(minorVersion: Int) -> Bool {
        if listsConnectionOption("close") { return false }
        return minorVersion > 0 || listsConnectionOption("keep-alive")
    }
}
