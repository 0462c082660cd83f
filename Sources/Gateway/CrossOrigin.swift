internal import HTTPServer
internal import Wire

/// Whether a `host` or `origin` field names this machine.
enum CrossOrigin {
    /// Whether the authority, a host with or without a port, is a name of the loopback.
    static func isLoopback(authority: RawSpan) -> Bool {
        var host = authority
        if host.hasPrefix("[") {
            guard let end = host.firstIndex(of: UInt8(ascii: "]")) else { return false }
            return host.extracting(1..<end).equals("::1")
        }
        if let colon = host.firstIndex(of: UInt8(ascii: ":")) { host = host.extracting(first: colon) }
        return host.equalsIgnoringCase("localhost") || HostName.isLoopback(host.text)
    }

    /// Whether the origin, a scheme and an authority, is one of this machine's; `null` is not.
    static func isLoopback(origin: RawSpan) -> Bool {
        guard let mark = origin.firstRange(of: "://") else { return false }
        return isLoopback(authority: origin.extracting(droppingFirst: mark.upperBound))
    }
}

extension AnswerWriter {
    /// Answers OPTIONS: what a browser asks before it calls (Fetch, CORS-preflight), and what the path serves.
    func respondToPreflight(on exchange: HTTPExchange, _ context: RequestContext) {
        exchange.respond(status: 204, contentType: nil, body: RawSpan()) { fields in
            addCommonFields(to: &fields, context)
            fields.add("allow", text: context.route.allow)
            guard allowsCrossOrigin, context.door == .clients else { return }
            fields.add("access-control-allow-methods", "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS")
            // `*` does not cover `authorization` (Fetch §3.2.3), so the list that is asked for is given back.
            if let wanted = exchange.value(of: "access-control-request-headers") {
                fields.add("access-control-allow-headers", wanted)
            } else {
                fields.add("access-control-allow-headers", "authorization, content-type")
            }
            fields.add("access-control-max-age", 86400)
        }
    }

    /// Answers with a JSON body.
    func respond(
        status: Int = 200, with body: borrowing ByteBuffer, type: StaticString = "application/json", on exchange: HTTPExchange,
        _ context: RequestContext
    ) {
        exchange.respond(status: status, contentType: type, body: body.bytes) { fields in addCommonFields(to: &fields, context) }
    }
}
