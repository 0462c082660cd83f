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
            keyModel: node("keyModel \(place) \(key) \(model)", Quota(), 0),
            model: node("model \(place) \(model)", Quota(), 0),
            key: node("key \(place) \(key)", Quota(limits, for: .key), limits.scope == .key ? limits.concurrency ?? 0 : 0),
            provider: node("provider \(place)", Quota(limits, for: .account), limits.scope == .account ? limits.concurrency ?? 0 : 0))
    }

    private func node(_ identity: String, _ quota: Quota, _ concurrency: Int) -> HealthNode {
        if let known = nodes[identity], known.concurrency == concurrency, known.quota.configured == quota.configured { return known }
        let node = HealthNode(identity, quota: quota, concurrency: concurrency)
        if let known = nodes[identity] {
            // Other limits: what it learnt stays.
            node.restore(
                cooldown: known.cooldown, estimate: known.quota.estimate.place == nil ? nil : known.quota.estimate, ownsLimits: known.ownsLimits)
        } else if let record = saved.removeValue(forKey: identity) {
            record.apply(to: node, at: restoredAt, epoch: restoredEpoch)
        }
        nodes[identity] = node
        return node
    }

    /// Every node there is.
    var all: some Sequence<HealthNode> { nodes.values }

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
