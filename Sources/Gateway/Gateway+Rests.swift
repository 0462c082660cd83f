internal import EventLoop
internal import Wire

extension Gateway {
    /// Everything that is left alone now, by provider, what is everybody's first.
    public func restReports() -> [RestReport] {
        // Made only when a client has a rest of its own.
        var names: [ClientTag: VirtualKey]?
        return health.rests(at: loop.now, epoch: loop.millisecondsSinceEpoch) { client in
            if client == .everybody { return .everybody }
            let known = names ?? keys.keysByTag
            names = known
            return known[client].map { .client($0.id, name: $0.name) } ?? .unknownClient
        }
    }

    /// Every limit that holds requests back, by provider.
    public func limitReports() -> [LimitReport] { health.limits(at: loop.now, epoch: loop.millisecondsSinceEpoch) }

    /// How many rests of everybody there are, by the name of the failure's class.
    public func restCounts() -> [String: Int] { health.restCounts(at: loop.now, epoch: loop.millisecondsSinceEpoch) }

    /// Ends rests, for everybody and for single clients: an operator says that all is well again. Requests that wait for it go on in this turn.
    ///
    /// What was learnt of limits stays, and nothing that was measured changes. Endpoints that providers are taken not to have are asked for again, unless
    /// a key is named; of a model that is named those that are missing for it alone.
    ///
    /// - Returns: What was ended.
    /// - Throws: 404 for a name that nothing has, saying what would be right.
    public func clearRests(_ filter: RestFilter) throws(GatewayError) -> [RestReport] {
        try checkNames(of: filter)
        let ended = restReports().filter(filter.matches)
        health.clear(at: loop.now, where: filter.matches)
        let missing = missingEndpoints
        if filter.key == nil { router.endpoints.clear(provider: filter.provider, model: filter.model) }
        attempts.ledger.changed()
        attempts.ledger.capacityReturned(nil)
        if !ended.isEmpty { observer.notice(Gateway.notice(of: ended)) }
        let endpoints = askedAgain(of: missing)
        if !endpoints.isEmpty {
            let named = endpoints.prefix(Gateway.mostNamed).map { "\($0.provider) /v1\($0.endpoint.path)" }.joined(separator: ", ")
            let rest = endpoints.count > Gateway.mostNamed ? " and \(endpoints.count - Gateway.mostNamed) more" : ""
            observer.notice("an operator has providers asked again for endpoints they did not have: \(named)\(rest)")
        }
        return ended
    }

    /// Those of some endpoints, which providers were taken not to have, that are asked for again by now.
    public func askedAgain(of missing: [MissingEndpoint]) -> [MissingEndpoint] {
        guard !missing.isEmpty else { return [] }
        let left = missingEndpoints
        return missing.filter { old in !left.contains { $0.provider == old.provider && $0.endpoint == old.endpoint } }
    }

    /// What the log says of rests that an operator has ended.
    private static func notice(of ended: [RestReport]) -> String {
        let named = ended.prefix(mostNamed).map { rest in
            let client = if case .client(_, let name) = rest.audience { ", for \(name)" } else { "" }
            return "\(rest.provider): \(rest.subject) (\(rest.reason)\(client))"
        }.joined(separator: "; ")
        let rest = ended.count > mostNamed ? "; and \(ended.count - mostNamed) more" : ""
        return "an operator has ended \(ended.count == 1 ? "a rest" : "\(ended.count) rests"): \(named)\(rest)"
    }

    // MARK: Names

    /// Refuses a name that nothing has: a slip should not look as if all were well.
    private func checkNames(of filter: RestFilter) throws(GatewayError) {
        guard !filter.isEmpty else { return }
        var known = health.subjects.filter { filter.provider == nil || $0.provider == filter.provider }
        if let provider = filter.provider, known.isEmpty {
            let configured = settings.configuration.providers.map(\.name)
            // One whose models are not known yet has nothing that could rest.
            if !configured.contains(provider) {
                throw Gateway.unknown(
                    "provider", "there is no provider `\(provider.prefix(Gateway.longestQuote))`", provider,
                    among: Set(configured).union(health.subjects.map(\.provider)))
            }
        }
        func missing(_ what: String) -> String { filter.provider.map { "the provider `\($0)` has no \(what)" } ?? "no provider has a \(what)" }
        if let model = filter.model {
            guard known.contains(where: { $0.model == model }) else {
                throw Gateway.unknown(
                    "model", missing("model of the id `\(model.prefix(Gateway.longestQuote))`"), model, among: Set(known.compactMap(\.model)))
            }
            known = known.filter { $0.model == model || $0.scope == .key }
        }
        if let key = filter.key, !known.contains(where: { $0.key == key }) {
            // Not repeated: it may be the key itself.
            throw Gateway.unknown("key", missing("key whose variable has this name"), nil, among: Set(known.compactMap(\.key)))
        }
    }

    private static func unknown(_ member: String, _ problem: String, _ name: String?, among known: Set<String>) -> GatewayError {
        let names = known.sorted()
        var hint = ""
        if let name {
            let near = NearestName.several(near: name, among: Array(names.prefix(mostCompared)))
            if !near.isEmpty { hint = "; did you mean \(near.map { "`\($0)`" }.joined(separator: ", "))?" }
        }
        if hint.isEmpty, !names.isEmpty {
            hint = "; there \(names.count == 1 ? "is" : "are") \(names.prefix(mostNamed).map { "`\($0)`" }.joined(separator: ", "))"
            if names.count > mostNamed { hint += " and \(names.count - mostNamed) more" }
        }
        return GatewayError(404, .invalidRequest, code: "\(member)_not_found", param: member, problem + hint)
    }

    /// Names in one message or line.
    private static let mostNamed = 5
    /// Names that a misspelt one is compared with. Each costs some microseconds: a slip is not worth a long turn of the loop.
    private static let mostCompared = 500
    /// Characters of a name from outside in a message.
    private static let longestQuote = 100
}
