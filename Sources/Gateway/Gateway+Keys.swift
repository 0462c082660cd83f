internal import Cryptography
internal import EventLoop
internal import HTTPServer
internal import Wire

extension Gateway {
    /// Takes the keys of the store, before anybody is served. When the store can't be read they come as soon as it can; until then only static tokens
    /// open the gateway.
    public func loadKeys() async {
        guard let store else { return }
        store.observeKeys { [unowned self] in take($0) }
        store.observeFirstKey { [unowned self] in firstKeyWasMade() }
        do throws(StoreFailure) {
            take(try await store.keys())
        } catch {
            // Keys that can't be read may be there.
            keys.hasLoadedKeys = false
            keys.endOpenMode()
            keysDidChange()
        }
        if let limits = limits as? any CarriedLimits, let bytes = try? await store.restore(Gateway.limitsCheckpoint) {
            limits.restore(bytes, at: loop.moment)
        }
    }

    /// What clients need to be served, and what there is that opens the gateway.
    public var access: ClientAccess {
        var access = keys.access(at: timeOfDay)
        if let store { access.history = store.status.keyHistory }
        return access
    }

    /// The static tokens, as the keys they are: `token-1` and so on, in their order.
    public var tokenKeys: [VirtualKey] { keys.tokenKeys }

    /// Whether the operator's endpoints, by which keys are made, are served.
    public var servesAdmin: Bool { settings.adminCredential != nil && admin != nil }

    /// Takes one key that was made or changed; it counts from the next request on.
    public func keyChanged(_ key: StoredKey) {
        let wasOpen = keys.isOpen
        keys.put(key)
        tellEnd(ofOpenMode: wasOpen)
    }

    private func take(_ stored: [StoredKey]) {
        let wasOpen = keys.isOpen
        if let store, store.status.keyHistory != .never { keys.endOpenMode() }
        keys.replaceKeys(stored)
        keys.hasLoadedKeys = true
        tellEnd(ofOpenMode: wasOpen)
    }

    /// Another program has made the first key. It need not be known here yet.
    private func firstKeyWasMade() {
        let wasOpen = keys.isOpen
        keys.endOpenMode()
        tellEnd(ofOpenMode: wasOpen)
    }

    private func tellEnd(ofOpenMode wasOpen: Bool) {
        keysDidChange()
        if wasOpen, !keys.isOpen { observer.notice("the first key was made: from now on every client needs one") }
    }

    /// What pages of other origins may do depends on whether a key is needed.
    func keysDidChange() {
        writer.allowsCrossOrigin = !keys.isOpen
        writer.listsOrigins = keys.isOpen && !settings.allowedOrigins.isEmpty
    }

    /// Ends the open streams of a key at their next chunk, with an error event.
    public func endStreams(of key: VirtualKey.ID) {
        for context in keyedRequests.values where context.key.id == key { context.isCutOff = true }
    }

    /// Hands the books of limits to the store, to be there after a restart, as soon as they are written down beside the loop.
    public func checkpointLimits() {
        guard let store, let limits = limits as? any CarriedLimits, limits.hasChanged, !isWritingBooks else { return }
        isWritingBooks = true
        let checkpoint = limits.checkpoint(at: loop.moment)
        loop.task((self, store)) { gateway, store in
            let bytes = await LoopWork.run(on: gateway.loop) { checkpoint.bytes() }
            gateway.isWritingBooks = false
            gateway.booksBytes = bytes.count
            // At the end they are written anew.
            if gateway.booksTimer != nil { store.checkpoint(Gateway.limitsCheckpoint, bytes) }
        }
    }

    /// Hands the books to the store at the end, at once.
    func closeBooks() {
        booksTimer?.close()
        booksTimer = nil
        guard let store, let limits = limits as? any CarriedLimits, limits.hasChanged || isWritingBooks else { return }
        store.checkpoint(Gateway.limitsCheckpoint, limits.checkpoint(at: loop.moment).bytes())
    }

    /// Hands the books to the store again and again, as often as their size allows: what a crash may forget of a key's use.
    func keepBooks() {
        guard store != nil, booksTimer == nil else { return }
        booksTimer = try? LoopTimer(on: loop) { [unowned self] timer in
            checkpointLimits()
            timer.arm(after: Gateway.booksInterval(bytes: booksBytes))
        }
        booksTimer?.arm(after: Gateway.booksInterval(bytes: booksBytes))
    }

    /// How long it is between two checkpoints of books of so many bytes. The store writes all of them each time, so that at most 256 KiB a second are.
    ///
    /// | books | 256 KiB and less | 512 KiB | 1 MiB | 2.5 MiB and more |
    /// | --- | --- | --- | --- | --- |
    /// | every | 1 s | 2 s | 4 s | 10 s |
    static func booksInterval(bytes: Int) -> Duration {
        .milliseconds((bytes / 256 * 1000 / 1024).clamped(to: 1000...10_000))
    }

    /// The name of the limits' books in the store.
    private static let limitsCheckpoint = "limits"

    /// The key of a request. Pages about the gateway that clients may read are the operator's as well.
    func authenticate(_ exchange: HTTPExchange, for context: RequestContext) throws(GatewayError) -> VirtualKey {
        guard case .page = context.route else { return try authenticate(exchange) }
        if context.door == .admin, isTrusted(exchange) { return .admin }
        guard settings.adminCredential != nil else { return try authenticate(exchange) }
        if exchange.value(of: "x-admin-api-key") != nil {
            try checkAdminKey(exchange)
            return .admin
        }
        do throws(GatewayError) {
            return try authenticate(exchange)
        } catch {
            do throws(GatewayError) { try checkAdminKey(exchange) } catch _ { throw error }
            return .admin
        }
    }

    /// The key of a request. A connection that sends the same token again, as all do, is not digested again.
    func authenticate(_ exchange: HTTPExchange) throws(GatewayError) -> VirtualKey {
        // Any key is accepted then, or none.
        if keys.isOpen { return .anonymous }
        guard let token = try token(of: exchange) else { throw .missingKey }
        if let known = exchange.connectionState as? KnownClient, known.generation == keys.generation, known.presented(token) {
            if known.key.grant?.isExpired(at: loop.unixTime) == true { throw .expiredKey }
            return known.key
        }
        let key = try keys.authenticate(token: token, at: loop.unixTime)
        exchange.connectionState = KnownClient(token, key, generation: keys.generation)
        return key
    }

    /// The token that a request brings: in `authorization` as OpenAI's clients send it, in `x-api-key` as Anthropic's do, or in `api-key` as Azure's do.
    ///
    /// - Throws: 400 when it brings different ones, of which another reader may believe another.
    @_lifetime(borrow exchange)
    private func token(of exchange: HTTPExchange) throws(GatewayError) -> RawSpan? {
        let (anthropic, azure) = (exchange.count(of: "x-api-key"), exchange.count(of: "api-key"))
        if anthropic > 1 { throw .repeatedField("x-api-key") }
        if azure > 1 { throw .repeatedField("api-key") }
        if anthropic + azure == 0 {
            guard let field = exchange.authorization else { return nil }
            return KeyRing.bearerToken(field)
        }
        if let field = exchange.authorization, let token = KeyRing.bearerToken(field) {
            try Gateway.compare(token, exchange.value(of: "x-api-key"))
            try Gateway.compare(token, exchange.value(of: "api-key"))
            return token
        }
        if let token = exchange.value(of: "x-api-key"), token.byteCount > 0 {
            try Gateway.compare(token, exchange.value(of: "api-key"))
            return token
        }
        guard let token = exchange.value(of: "api-key"), token.byteCount > 0 else { return nil }
        return token
    }

    private static func compare(_ token: RawSpan, _ other: RawSpan?) throws(GatewayError) {
        guard let other, other.byteCount > 0, !ConstantTime.equal(token, other) else { return }
        throw .badRequest("`authorization`, `x-api-key` and `api-key` name different keys; send one")
    }

    /// While the gateway is open no web page may use it: neither by a name that leads here (DNS rebinding) nor from another origin.
    func checkOrigin(_ exchange: HTTPExchange, _ context: RequestContext) throws(GatewayError) {
        // No page reaches a socket in the file system, and whoever does names a host at will.
        guard keys.isOpen, !(context.door == .admin && adminSocketIsFile) else { return }
        if let host = exchange.value(of: "host"), !CrossOrigin.isLoopback(authority: host) {
            throw GatewayError(403, .permission, code: "host_not_allowed", "without keys the gateway answers on localhost only")
        }
        guard let origin = exchange.value(of: "origin") else { return }
        guard exchange.count(of: "origin") == 1 else { throw .repeatedField("origin") }
        guard context.allowedOrigin != nil || CrossOrigin.isLoopback(origin: origin) else {
            // Named as it would have to be written down; what is no origin can't be.
            let remedy = WebOrigin(parsing: origin.text).map { ": add `\($0)` to it" } ?? ""
            throw GatewayError(
                403, .permission, code: "origin_not_allowed",
                "without keys no web page may use the gateway, nor an app that is one, unless its origin is in `server.allowed_origins`\(remedy)")
        }
    }

    /// Notes the origin of a page that may use the clients' endpoints though no key is needed.
    func noteOrigin(of exchange: HTTPExchange, _ context: RequestContext) {
        guard writer.listsOrigins, context.door == .clients, !context.route.isOperatorsOnly, let sent = exchange.value(of: "origin"),
            let origin = WebOrigin(parsing: sent.text), settings.allows(origin)
        else { return }
        context.allowedOrigin = sent.text
    }
}
