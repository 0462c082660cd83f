internal import EventLoop
internal import HTTPServer
internal import Wire

extension Gateway {
    /// Largest body of a request to the operator's endpoints, in bytes.
    static let maximumAdminBodyBytes = 64 * 1024

    /// Lets the admin key through and nobody else. Without an admin key there is no such endpoint, nor on the clients' listener where the operator
    /// has one of his own.
    ///
    /// - Throws: 404 without an admin key or at the wrong door, 401 for a wrong key, 429 after too many wrong ones.
    func checkAdmin(_ exchange: HTTPExchange, _ door: Door) throws(GatewayError) {
        if door == .clients, settings.configuration.admin.listen != nil { throw .unknownRoute(exchange.path.text) }
        try checkAdminKey(exchange)
    }

    func checkAdminKey(_ exchange: HTTPExchange) throws(GatewayError) {
        guard let adminCredential = settings.adminCredential else { throw .unknownRoute(exchange.path.text) }
        guard exchange.count(of: "x-admin-api-key") <= 1 else { throw .repeatedField("x-admin-api-key") }
        if adminCredential.isPresented(by: exchange) { return }
        guard exchange.value(of: "x-admin-api-key") != nil || exchange.authorization != nil,
            let pause = adminGuard.failed(from: exchange.clientNetwork, at: loop.now)
        else { throw .missingAdminKey }
        throw GatewayError(
            429, .requests, code: "rate_limit_exceeded", "too many wrong admin keys from this address; try again in \(pause.seconds) s",
            retryAfter: pause)
    }

    /// A page that is not for everybody is for the admin key; where there is none, there is no such page. The metrics are also for whoever reaches
    /// the operator's own listener.
    func checkAccess(to page: Page, _ exchange: HTTPExchange, _ door: Door) throws(GatewayError) {
        guard pages != nil else { throw .unknownRoute(exchange.path.text) }
        guard page.access == .admin else { return }
        if page == .metrics, settings.configuration.metrics.public || door == .admin && isTrusted(exchange) { return }
        try checkAdminKey(exchange)
    }

    /// Whether the operator's own listener is a socket in the file system.
    var adminSocketIsFile: Bool {
        if case .socket? = settings.configuration.admin.listen { true } else { false }
    }

    /// Whether it is enough to have reached the operator's listener. Where that is for this machine only, a web page may still reach it by a name
    /// that leads here (DNS rebinding), but then that name is the `host`.
    func isTrusted(_ exchange: HTTPExchange) -> Bool {
        guard case .tcp(let host, _)? = settings.configuration.admin.listen, HostName.isLoopback(host) else { return true }
        guard let authority = exchange.value(of: "host") else { return true }
        return CrossOrigin.isLoopback(authority: authority)
    }

    /// Answers a request to the operator's endpoints.
    func respondToAdmin(_ exchange: HTTPExchange, _ context: RequestContext) async throws(GatewayError) -> RequestContext.Outcome {
        guard let admin else { throw .unknownRoute(exchange.path.text) }
        let answer = try await admin.respond(to: try Gateway.adminRequest(exchange))
        guard !exchange.hasLostClient else { return .clientGone }
        exchange.respond(status: answer.status, contentType: answer.contentType, body: answer.body.span.bytes) { fields in
            writer.addCommonFields(to: &fields, context)
        }
        return .answered
    }

    private static func adminRequest(_ exchange: HTTPExchange) throws(GatewayError) -> AdminRequest {
        var path: [String] = []
        for piece in exchange.path.text.dropFirst("/admin/".count).split(separator: "/") {
            path.append(try PercentDecoding.decode(Array(piece.utf8).span.bytes))
        }
        var query: [(name: String, value: String)] = []
        for member in exchange.query.text.split(separator: "&") {
            let parts = member.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            query.append((try decode(parts[0]), parts.count > 1 ? try decode(parts[1]) : ""))
        }
        return AdminRequest(
            method: exchange.method, path: path, query: query, accept: exchange.value(of: "accept")?.text ?? "", body: exchange.body.array)
    }

    /// A member of a query, in which `+` is a space (application/x-www-form-urlencoded, WHATWG URL §5.1).
    private static func decode(_ text: Substring) throws(GatewayError) -> String {
        try PercentDecoding.decode(Array(text.utf8.map { $0 == UInt8(ascii: "+") ? 0x20 : $0 }).span.bytes)
    }
}
