internal import Cryptography
public import Gateway
internal import Wire

/// The operator's endpoints: keys, usage, rests, reload. Keys are durable before they are told; the gateway then takes them in the same turn of its loop.
///
/// ```swift
/// let admin = AdminResponder(gateway, store: store)
/// let body = Array(#"{"name": "team", "limits": {"requests_per_minute": 100}}"#.utf8)
/// let made = try await admin.respond(to: AdminRequest(method: .post, path: ["keys"], body: body))
/// // the key is in `plaintext_key` of made.body, this once
/// ```
public final class AdminResponder: AdminEndpoints {
    private let store: any DataStore
    private let gateway: Gateway
    private let reload: (() async -> ReloadReport)?
    private var generator = SystemRandomNumberGenerator()

    /// Makes the endpoints of a gateway.
    ///
    /// - Parameter reload: Reads the configuration again; without it that endpoint is not there.
    public init(_ gateway: Gateway, store: any DataStore, reload: (() async -> ReloadReport)? = nil) {
        self.gateway = gateway
        self.store = store
        self.reload = reload
    }

    /// Answers one request.
    public func respond(to request: AdminRequest) async throws(GatewayError) -> AdminAnswer {
        switch (request.path.first, request.path.count) {
        case ("keys", 1):
            switch request.method {
            case .get, .head: return try await list(request)
            case .post: return try await create(request)
            default: throw wrongMethod(request, "GET, HEAD, POST, OPTIONS")
            }
        case ("keys", 2):
            let id = VirtualKey.ID(request.path[1])
            switch request.method {
            case .get, .head: return try await show(id)
            case .patch: return try await update(id, request)
            case .delete: return try await revoke(id, request)
            default: throw wrongMethod(request, "GET, HEAD, PATCH, DELETE, OPTIONS")
            }
        case ("keys", 3) where request.path[2] == "rotate":
            guard request.method == .post else { throw wrongMethod(request, "POST, OPTIONS") }
            return try await rotate(VirtualKey.ID(request.path[1]))
        case ("usage", 1):
            guard request.method == .get || request.method == .head else { throw wrongMethod(request, "GET, HEAD, OPTIONS") }
            return try await usage(request)
        case ("rests", 1):
            guard request.method == .get || request.method == .head else { throw wrongMethod(request, "GET, HEAD, OPTIONS") }
            return try rests(request)
        case ("rests", 2) where request.path[1] == "clear":
            guard request.method == .post else { throw wrongMethod(request, "POST, OPTIONS") }
            return try clearRests(request)
        case ("reload", 1):
            guard let reload else { break }
            guard request.method == .post else { throw wrongMethod(request, "POST, OPTIONS") }
            return try await self.reload(reload)
        default: break
        }
        throw GatewayError(404, .invalidRequest, code: "unknown_url", "no such endpoint: /admin/\(request.path.joined(separator: "/"))")
    }

    // MARK: Keys

    private func create(_ request: AdminRequest) async throws(GatewayError) -> AdminAnswer {
        let now = gateway.timeOfDay
        let wanted = try KeyRequest(request.body, at: now).change
        guard let name = wanted.name else {
            throw GatewayError(400, .invalidRequest, code: nil, param: "name", "`name` is missing: what the key is called, like {\"name\": \"team\"}")
        }
        while true {
            let drawn = ClientKey(using: &generator)
            let key = wanted.applied(to: StoredKey(drawn, name: name, createdAt: now))
            do throws(StoreFailure) {
                try await store.create(key)
            } catch  where error.code == .idTaken {
                continue
            } catch {
                throw unavailable(error)
            }
            gateway.keyChanged(key)
            return answer(key, status: 201, plaintext: drawn.plaintext)
        }
    }

    private func list(_ request: AdminRequest) async throws(GatewayError) -> AdminAnswer {
        var includesRevoked = false
        for (name, value) in request.query {
            guard name == "include_revoked", let flag = ["true": true, "1": true, "false": false, "0": false][value] else {
                throw GatewayError(400, .invalidRequest, code: nil, param: name, "the query may hold `include_revoked=true` only")
            }
            includesRevoked = flag
        }
        let now = gateway.timeOfDay
        let keys = try await known { $0.revokedAt == nil && $0.isActive(at: now) || includesRevoked }
        // There may be thousands.
        let body = await gateway.besideLoop {
            var body = ByteBuffer(capacity: 512)
            body.append("{\"data\":[")
            for (index, key) in keys.enumerated() {
                if index > 0 { body.append(",") }
                key.appendJSON(to: &body)
            }
            body.append("]}")
            return body.bytes.array
        }
        return AdminAnswer(body: body)
    }

    private func show(_ id: VirtualKey.ID) async throws(GatewayError) -> AdminAnswer {
        guard let key = try await known({ $0.id == id }).first else { throw unknown(id) }
        return answer(key)
    }

    private func update(_ id: VirtualKey.ID, _ request: AdminRequest) async throws(GatewayError) -> AdminAnswer {
        let change = try KeyRequest(request.body, at: gateway.timeOfDay).change
        let changed: StoredKey?
        do throws(StoreFailure) { changed = try await store.update(id, change) } catch { throw unavailable(error) }
        guard let changed else { throw unknown(id) }
        gateway.keyChanged(changed)
        return answer(changed)
    }

    private func revoke(_ id: VirtualKey.ID, _ request: AdminRequest) async throws(GatewayError) -> AdminAnswer {
        var endsStreams = false
        for (name, value) in request.query {
            guard name == "end_streams", let flag = ["true": true, "1": true, "false": false, "0": false][value] else {
                throw GatewayError(400, .invalidRequest, code: nil, param: name, "the query may hold `end_streams=true` only")
            }
            endsStreams = flag
        }
        let revoked: StoredKey?
        do throws(StoreFailure) { revoked = try await store.revoke(id, at: gateway.timeOfDay) } catch { throw unavailable(error) }
        guard let revoked else { throw unknown(id) }
        gateway.keyChanged(revoked)
        if endsStreams { gateway.endStreams(of: id) }
        return answer(revoked)
    }

    private func rotate(_ id: VirtualKey.ID) async throws(GatewayError) -> AdminAnswer {
        let drawn = ClientKey(id: id, using: &generator)
        let rotated: StoredKey?
        do throws(StoreFailure) { rotated = try await store.rotate(id, to: drawn.digest) } catch { throw unavailable(error) }
        guard let rotated else { throw unknown(id) }
        gateway.keyChanged(rotated)
        return answer(rotated, plaintext: drawn.plaintext)
    }

    private func known(_ isWanted: (StoredKey) -> Bool) async throws(GatewayError) -> [StoredKey] {
        do throws(StoreFailure) { return try await store.keys().filter(isWanted) } catch { throw unavailable(error) }
    }

    // MARK: Usage

    private func usage(_ request: AdminRequest) async throws(GatewayError) -> AdminAnswer {
        let wanted = try UsageRequest(request.query, accept: request.accept)
        let rows: [UsageRow]
        do throws(StoreFailure) { rows = try await store.usage(wanted.query) } catch { throw unavailable(error) }
        let (keys, tokens, now) = (try await known { _ in true }, gateway.tokenKeys, gateway.timeOfDay)
        let body = await gateway.besideLoop {
            let report = UsageReport(rows, to: wanted.query).naming(keys, tokens: tokens, at: now)
            var body = ByteBuffer(capacity: 1024)
            if wanted.isCSV { report.appendCSV(to: &body) } else { report.appendJSON(to: &body) }
            return body.bytes.array
        }
        return AdminAnswer(contentType: wanted.isCSV ? "text/csv; charset=utf-8" : "application/json", body: body)
    }

    // MARK: Rests

    /// Most rests in one answer; `total` says how many there are. More than anybody reads, and the answer stays below a megabyte.
    private static let mostRests = 1000

    private func rests(_ request: AdminRequest) throws(GatewayError) -> AdminAnswer {
        if let member = request.query.first {
            throw GatewayError(400, .invalidRequest, code: nil, param: member.name, "the list of rests takes no query")
        }
        return answer("\"total\":", gateway.restReports(), limits: gateway.limitReports())
    }

    private func clearRests(_ request: AdminRequest) throws(GatewayError) -> AdminAnswer {
        let filter = try RestRequest(request.body).filter
        let missing = gateway.missingEndpoints
        let ended = try gateway.clearRests(filter)
        return answer("\"cleared\":", ended, endpoints: gateway.askedAgain(of: missing))
    }

    /// - Parameters:
    ///   - endpoints: Those that are asked for again; `nil` where that is no matter.
    ///   - limits: The limits that hold requests back; `nil` where that is no matter.
    private func answer(
        _ count: StaticString, _ rests: [RestReport], endpoints: [MissingEndpoint]? = nil, limits: [LimitReport]? = nil
    ) -> AdminAnswer {
        var body = ByteBuffer(capacity: 512)
        body.append("{")
        body.append(count)
        body.append(decimal: rests.count)
        body.append(",\"data\":[")
        for (index, rest) in rests.prefix(AdminResponder.mostRests).enumerated() {
            if index > 0 { body.append(",") }
            rest.appendJSON(to: &body)
        }
        body.append("]")
        if let endpoints {
            body.append(",\"endpoints\":[")
            for (index, missing) in endpoints.enumerated() {
                body.append(index > 0 ? ",{\"provider\":" : "{\"provider\":")
                body.append(jsonString: missing.provider)
                body.append(",\"endpoint\":")
                body.append(jsonString: "/v1\(missing.endpoint.path)")
                body.append("}")
            }
            body.append("]")
        }
        if let limits {
            body.append(",\"limits\":[")
            for (index, limit) in limits.prefix(AdminResponder.mostRests).enumerated() {
                if index > 0 { body.append(",") }
                limit.appendJSON(to: &body)
            }
            body.append("]")
        }
        body.append("}")
        return AdminAnswer(body: body.bytes.array)
    }

    // MARK: Reload

    private func reload(_ reload: () async -> ReloadReport) async throws(GatewayError) -> AdminAnswer {
        let report = await reload()
        guard report.isApplied else {
            throw GatewayError(
                409, .invalidRequest, code: "configuration_invalid", "the old configuration stays in use: \(report.problems.joined(separator: "; "))")
        }
        var body = ByteBuffer(capacity: 256)
        body.append("{\"status\":\"reloaded\",\"changes\":")
        body.append(jsonString: report.changes)
        body.append(",\"notes\":[")
        for (index, note) in report.notes.enumerated() {
            if index > 0 { body.append(",") }
            body.append(jsonString: note)
        }
        body.append("]}")
        return AdminAnswer(body: body.bytes.array)
    }

    // MARK: Answers

    private func answer(_ key: StoredKey, status: Int = 200, plaintext: Secret? = nil) -> AdminAnswer {
        var body = ByteBuffer(capacity: 512)
        key.appendJSON(to: &body, plaintext: plaintext)
        return AdminAnswer(status: status, body: body.bytes.array)
    }

    private func unknown(_ id: VirtualKey.ID) -> GatewayError {
        GatewayError(404, .invalidRequest, code: "key_not_found", "there is no key `\(id.value)` that is not revoked; see GET /admin/keys")
    }

    private func unavailable(_ failure: StoreFailure) -> GatewayError {
        GatewayError(503, .server, code: "store_unavailable", failure.message, retryAfter: .seconds(5))
    }

    private func wrongMethod(_ request: AdminRequest, _ allow: String) -> GatewayError {
        GatewayError(
            405, .invalidRequest, code: "unknown_url",
            "this address takes no \(request.method.name), but \(allow.replacing(", OPTIONS", with: " and OPTIONS"))",
            allow: allow)
    }
}
