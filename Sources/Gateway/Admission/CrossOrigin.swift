internal import EventLoop
internal import HTTPServer
internal import Wire

/// Whether a `host` or `origin` field names this machine.
///
/// Both are read strictly: what a lenient reader takes for the loopback may lead a browser elsewhere.
enum CrossOrigin {
    /// Whether the authority is a name of the loopback, `localhost`, `127.0.0.0/8` or `[::1]`, with or without a port in `1...65535`.
    static func isLoopback(authority: RawSpan) -> Bool {
        let size = authority.hasPrefix("[") ? 5 : authority.firstIndex(of: UInt8(ascii: ":")) ?? authority.byteCount
        guard size <= authority.byteCount else { return false }
        let host = authority.extracting(first: size)
        guard host.equalsIgnoringCase("localhost") || host.equals("[::1]") || isLoopbackAddress(host) else { return false }
        return size == authority.byteCount || isPort(authority.extracting(droppingFirst: size))
    }

    /// Whether the origin is one of a web page of this machine: `http` or `https`, and a name of the loopback; `null` is not.
    static func isLoopback(origin: RawSpan) -> Bool {
        if origin.hasPrefixIgnoringCase("http://") { return isLoopback(authority: origin.extracting(droppingFirst: 7)) }
        if origin.hasPrefixIgnoringCase("https://") { return isLoopback(authority: origin.extracting(droppingFirst: 8)) }
        return false
    }

    /// Four decimal numbers in `0...255` without zeros in front, the first of them 127 (RFC 1122 §3.2.1.3): other spellings mean different hosts to
    /// different readers.
    private static func isLoopbackAddress(_ host: RawSpan) -> Bool {
        guard host.hasPrefix("127."), host.byteCount <= 15 else { return false }
        var (numbers, value, digits) = (1, 0, 0)
        for offset in 4..<host.byteCount {
            let byte = host[byte: offset]
            if byte == UInt8(ascii: "."), digits > 0 {
                (numbers, value, digits) = (numbers + 1, 0, 0)
                continue
            }
            guard byte &- 0x30 < 10, digits == 0 || value > 0 else { return false }
            value = value * 10 + Int(byte - 0x30)
            digits += 1
            guard value <= 255 else { return false }
        }
        return numbers == 3 && digits > 0
    }

    /// A colon and a number in `1...65535` without zeros in front.
    private static func isPort(_ text: RawSpan) -> Bool {
        guard text.byteCount >= 2, text.byteCount <= 6, text[byte: 0] == UInt8(ascii: ":"), text[byte: 1] != UInt8(ascii: "0") else { return false }
        guard let port = text.extracting(droppingFirst: 1).decimalValue else { return false }
        return port <= 65_535
    }
}

extension Route {
    /// Whether it is for the operator alone: no page of another origin may read it, and nobody may keep it.
    var isOperatorsOnly: Bool {
        switch self {
        case .admin: true
        case .page(let page): page.access == .admin
        case .model, .models, .modelDetail, .explanation, .liveness, .readiness, .unknown: false
        }
    }
}

extension AnswerWriter {
    /// Adds what browsers and caches are told about the answer: who else may read it, and whether it may be kept.
    func addAccessFields(to fields: inout ResponseFields, _ context: RequestContext) {
        if context.route.isOperatorsOnly || context.isHeadUnknown { return fields.add("cache-control", "no-store") }
        guard context.door == .clients else { return }
        if allowsCrossOrigin {
            fields.add("access-control-allow-origin", "*")
            fields.add("access-control-expose-headers", "*")
        } else if listsOrigins {
            fields.add("vary", "origin")
            guard let origin = context.allowedOrigin else { return }
            fields.add("access-control-allow-origin", text: origin)
            fields.add("access-control-expose-headers", "*")
        }
    }

    /// Answers OPTIONS: what a browser asks before it calls (Fetch, CORS-preflight), and what the path serves.
    func respondToPreflight(on exchange: HTTPExchange, _ context: RequestContext) {
        exchange.respond(status: 204, contentType: nil, body: RawSpan()) { fields in
            addCommonFields(to: &fields, context)
            fields.add("allow", text: context.route.allow)
            guard allowsCrossOrigin || context.allowedOrigin != nil, context.door == .clients, !context.route.isOperatorsOnly else { return }
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
        exchange.respond(status: status, contentType: type, body: body.bytes) { addCommonFields(to: &$0, context, at: exchange.loop.now) }
    }
}
