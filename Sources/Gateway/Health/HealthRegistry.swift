internal import Cryptography
internal import EventLoop
internal import Wire

/// Every health node by its identity, so that a new list of models or a new configuration finds what is known.
public final class HealthRegistry {
    private var nodes: [String: HealthNode] = [:]
    /// What an earlier run left, for nodes that are not made yet.
    private var saved: [String: HealthRecord] = [:]
    private var restoredAt = LoopInstant(nanoseconds: 0)
    private var restoredEpoch = 0

    /// Makes a registry that knows nothing.
    public init() {}

    /// The nodes of a deployment.
    func nodes(of provider: ProviderConfiguration, model: String, keyIndex: Int) -> HealthNodes {
        let limits = provider.limits
        let place = "\(provider.name) \(provider.baseURL.text)"
        let key = provider.keys.indices.contains(keyIndex) ? HealthRegistry.tag(provider.keys[keyIndex]) : "-"
        return HealthNodes(
            keyModel: node("keyModel \(place) \(key) \(model)"), model: node("model \(place) \(model)"),
            key: node("key \(place) \(key)", Quota.configured(limits, for: .key), limits.scope == .key ? limits.concurrency ?? 0 : 0),
            provider: node("provider \(place)", Quota.configured(limits, for: .account), limits.scope == .account ? limits.concurrency ?? 0 : 0))
    }

    /// The node of an identity. One that is known already takes other limits where it stands: requests under way and their trials belong to it.
    private func node(_ identity: String, _ configured: [Quota.Configured] = [], _ concurrency: Int = 0) -> HealthNode {
        if let known = nodes[identity] {
            known.configure(configured, concurrency: concurrency)
            return known
        }
        let node = HealthNode(identity, quota: Quota(configured), concurrency: concurrency)
        if let record = saved.removeValue(forKey: identity) { record.apply(to: node, at: restoredAt, epoch: restoredEpoch) }
        nodes[identity] = node
        return node
    }

    /// Every node there is.
    var all: some Sequence<HealthNode> { nodes.values }

    /// How many nodes are known.
    var count: Int { nodes.count }

    /// Forgets the nodes that no deployment of `deployments` uses and that have nothing worth keeping; of those that rest a record is kept until the rest
    /// is over. Models and keys come and go, and nothing may grow with all there ever were.
    ///
    /// - Parameter epoch: Now, in milliseconds since the Unix epoch.
    func keep(only deployments: [Deployment], at now: LoopInstant, epoch: Int) {
        var used: Set<ObjectIdentifier> = []
        used.reserveCapacity(nodes.count)
        for deployment in deployments {
            for node in deployment.health.all { used.insert(ObjectIdentifier(node)) }
        }
        guard used.count < nodes.count else { return }
        (restoredAt, restoredEpoch) = (now, epoch)
        saved = saved.filter { $0.value.until > epoch }
        for (identity, node) in nodes where !used.contains(ObjectIdentifier(node)) && node.inFlight == 0 {
            nodes[identity] = nil
            if let record = HealthRecord(node, at: now, epoch: epoch), record.until > epoch || record.limit > 0,
                saved.count < HealthRegistry.mostSaved
            {
                saved[identity] = record
            }
        }
    }

    /// Most records of nodes that are not in use. Real configurations have some hundred models; a provider that renames its own for ever stops here.
    private static let mostSaved = 10_000

    /// Every node that rests for anybody, or did badly enough to be told.
    var restless: [HealthNode] {
        nodes.values.filter { !$0.track.cooldown.isClosed || !$0.clients.isEmpty }.sorted { $0.identity < $1.identity }
    }

    /// Ends the rests of the nodes whose identity fulfils a condition, and those that an earlier run has left for nodes that are not in use.
    ///
    /// - Returns: How many nodes rested.
    func clear(where condition: (String) -> Bool) -> Int {
        var count = 0
        for node in nodes.values where condition(node.identity) && node.clear() { count += 1 }
        for (identity, record) in saved where condition(identity) && record.until > 0 {
            saved[identity] = nil
            count += 1
        }
        return count
    }

    /// What there is to keep over a restart.
    ///
    /// - Parameter epoch: Now, in milliseconds since the Unix epoch.
    func snapshot(at now: LoopInstant, epoch: Int) -> HealthSnapshot {
        var records = nodes.values.compactMap { HealthRecord($0, at: now, epoch: epoch) }
        // Providers that are not configured now may come back.
        records += saved.values.filter { $0.until > epoch }
        return HealthSnapshot(records: records.sorted { $0.identity < $1.identity })
    }

    /// Takes what an earlier run has left.
    func restore(_ snapshot: HealthSnapshot, at now: LoopInstant, epoch: Int) {
        (restoredAt, restoredEpoch) = (now, epoch)
        for record in snapshot.records {
            if let node = nodes[record.identity] { record.apply(to: node, at: now, epoch: epoch) } else { saved[record.identity] = record }
        }
    }

    /// A key in an identity: its variable, and enough of its digest to notice that it was exchanged.
    private static func tag(_ key: APIKeyReference) -> String {
        let digest = key.value.reveal { text in SecretDigest(of: Array(text.utf8).span.bytes).tag }
        return "\(key.variable)#\(String(digest, radix: 36))"
    }
}
