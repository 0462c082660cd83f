internal import Wire

/// One provider of the running fleet: its current behaviour, its plans and its counters.
final class MockSite {
    let index: Int
    let provider: MockFleet.Provider
    private(set) var behaviour: MockBehaviour
    /// The behaviours of models that have their own, by id.
    private(set) var modelBehaviours: [String: MockBehaviour]
    var counters = MockCounters()
    /// The number of the last request that was planned.
    var number: UInt64 = 0
    private(set) var models: [String: MockModelCounters] = [:]
    private var plans: [UInt64: MockPlan] = [:]
    private var quotas = MockQuotaLedger()

    /// Plans kept at a time. A test may invent any number of scripts.
    private static let mostPlans = 512
    /// Models counted individually; the others are counted together.
    private static let mostModels = 512

    init(_ provider: MockFleet.Provider, index: Int) {
        self.provider = provider
        self.index = index
        behaviour = provider.behaviour
        modelBehaviours = MockSite.ownBehaviours(of: provider)
    }

    /// The plan for a model name (the bytes of a JSON string) and the script of the `x-mock` field.
    func plan(for endpoint: MockEndpoint, model: RawSpan, script: RawSpan) throws(MockRefusal) -> MockPlan {
        let hash = MockSite.hash(script, from: MockSite.hash(model, from: UInt64(endpoint.rawValue)) &+ 1)
        if let plan = plans[hash], plan.endpoint == endpoint, plan.isFor(model: model, script: script) { return plan }
        let plan = try makePlan(for: endpoint, model: model, script: script)
        if plans.count >= MockSite.mostPlans { plans.removeAll() }
        plans[hash] = plan
        return plan
    }

    /// Changes the behaviour of the provider and of the models that have their own.
    func apply(_ script: String) throws(MockScriptError) {
        var changed = behaviour
        try changed.apply(script)
        behaviour = changed
        for (id, own) in modelBehaviours {
            var own = own
            try own.apply(script)
            modelBehaviours[id] = own
        }
        plans.removeAll()
    }

    /// Returns to the behaviour of the fleet and resets the counters.
    func reset() {
        behaviour = provider.behaviour
        modelBehaviours = MockSite.ownBehaviours(of: provider)
        counters.reset()
        number = 0
        models = [:]
        plans = [:]
        quotas = MockQuotaLedger()
    }

    /// Whether a bearer token is one of the provider's.
    func accepts(authorization: RawSpan) -> Bool {
        if provider.keys.isEmpty { return true }
        guard authorization.hasPrefixIgnoringCase("bearer ") else { return false }
        return provider.keys.contains(authorization.extracting(droppingFirst: 7).trimmed.text)
    }

    /// Counts a request against a quota.
    ///
    /// - Returns: Milliseconds to wait if it is used up.
    func exceeds(_ quota: MockQuota, authorization: RawSpan, now: UInt64) -> Int? {
        quotas.admit(MockSite.hash(authorization, from: 0), quota: quota, now: now)
    }

    private func makePlan(for endpoint: MockEndpoint, model: RawSpan, script: RawSpan) throws(MockRefusal) -> MockPlan {
        var name = MockSite.name(model)
        var suffix = ""
        var listed = provider.models.first { $0.id == name }
        if listed == nil, let colon = MockBehaviour.scriptStart(in: name) {
            suffix = String(name[name.index(after: colon)...])
            name = String(name[..<colon])
            listed = provider.models.first { $0.id == name }
        }
        guard listed != nil || provider.acceptsAnyModel else {
            throw MockRefusal(
                status: 404, message: "The model `\(name)` does not exist or you do not have access to it.", code: "model_not_found")
        }
        var behaviour = modelBehaviours[name] ?? behaviour
        do {
            try behaviour.apply(suffix)
            try behaviour.apply(script.text)
        } catch {
            throw MockRefusal(status: 400, message: error.description, code: "mock_script")
        }
        var key = ByteBuffer()
        key.append(model)
        key.append(UInt8(0))
        key.append(script)
        return MockPlan(
            endpoint: endpoint, model: name, behaviour: behaviour, contextLength: listed?.contextLength ?? 0, counters: counters(of: name), key: key)
    }

    private func counters(of name: String) -> MockModelCounters {
        let name = models[name] == nil && models.count >= MockSite.mostModels ? "…" : name
        if let counters = models[name] { return counters }
        let counters = MockModelCounters()
        models[name] = counters
        return counters
    }

    private static func ownBehaviours(of provider: MockFleet.Provider) -> [String: MockBehaviour] {
        var own: [String: MockBehaviour] = [:]
        for model in provider.models { own[model.id] = model.behaviour }
        return own
    }

    /// The text of a JSON string; the only escape expected in a model's name is that of the slash.
    private static func name(_ model: RawSpan) -> String {
        let text = model.text
        guard text.contains("\\") else { return text }
        var name = ""
        var isEscaped = false
        for character in text {
            isEscaped = character == "\\" && !isEscaped
            if !isEscaped { name.append(character) }
        }
        return name
    }

    /// FNV-1a (Fowler, Noll, Vo; draft-eastlake-fnv), 64 bits.
    static func hash(_ bytes: RawSpan, from seed: UInt64) -> UInt64 {
        var hash = 0xCBF2_9CE4_8422_2325 ^ seed
        for offset in 0..<bytes.byteCount { hash = (hash ^ UInt64(bytes[byte: offset])) &* 0x100_0000_01B3 }
        return hash
    }
}
