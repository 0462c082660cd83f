internal import Cryptography
internal import EventLoop
internal import Wire

/// Every health node by its identity, so that a new list of models or a new configuration finds what is known.
public final class HealthRegistry {
    private var nodes: [String: HealthNode] = [:]
    /// What an earlier run left, for nodes that are not made yet.
    private var saved: [String: HealthRecord] = [:]
    /// The same of what was sent.
    private var savedSent: [String: SentRecord] = [:]
    private var restoredAt = LoopInstant(nanoseconds: 0)
    private var restoredEpoch = 0
    /// How often `keep` has looked for nodes that nobody uses.
    private var sweeps = 0

    /// Makes a registry that knows nothing.
    public init() {}

    /// The nodes of a deployment.
    func nodes(of provider: ProviderConfiguration, model: String, keyIndex: Int) -> HealthNodes {
        let limits = provider.limits
        let key = provider.keys.indices.contains(keyIndex) ? provider.keys[keyIndex] : nil
        let tag = key.map { HealthRegistry.tag($0) } ?? "-"
        func subject(_ scope: HealthSubject.Scope, _ key: APIKeyReference? = nil, _ model: String? = nil) -> HealthSubject {
            HealthSubject(scope: scope, provider: provider.name, place: provider.baseURL.text, key: key?.variable, model: model)
        }
        func node(_ subject: HealthSubject, limitedBy scope: ProviderLimits.Scope? = nil) -> HealthNode {
            guard let scope else { return self.node(subject.identity(key: tag), about: subject) }
            return self.node(
                subject.identity(key: tag), about: subject, Quota.configured(limits, for: scope), limits.scope == scope ? limits.concurrency ?? 0 : 0)
        }
        return HealthNodes(
            keyModel: node(subject(.keyModel, key, model)), model: node(subject(.model, nil, model)), key: node(subject(.key, key), limitedBy: .key),
            provider: node(subject(.provider), limitedBy: .account), hasOtherKeys: provider.keys.count > 1,
            isOneAccount: provider.keys.count < 2 || limits.scope == .account)
    }

    /// The node of an identity. One that is known already takes other limits where it stands: requests under way and their trials belong to it.
    private func node(
        _ identity: String, about subject: HealthSubject, _ configured: [Quota.Configured] = [], _ concurrency: Int = 0
    ) -> HealthNode {
        if let known = nodes[identity] {
            known.configure(configured, concurrency: concurrency)
            return known
        }
        let node = HealthNode(identity, about: subject, quota: Quota(configured), concurrency: concurrency)
        if let record = saved.removeValue(forKey: identity) { record.apply(to: node, at: restoredAt, epoch: restoredEpoch) }
        if let sent = savedSent.removeValue(forKey: identity) { sent.apply(to: node, at: restoredAt, epoch: restoredEpoch) }
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
    /// - Parameters:
    ///   - epoch: Now, in milliseconds since the Unix epoch.
    ///   - most: How many nodes are forgotten now.
    /// - Returns: Whether no others are to be forgotten.
    @discardableResult
    func keep(only deployments: [Deployment], at now: LoopInstant, epoch: Int, forgetting most: Int = .max) -> Bool {
        sweeps += 1
        var used = 0
        for deployment in deployments {
            for node in deployment.health.all where node.sweep != sweeps {
                node.sweep = sweeps
                used += 1
            }
        }
        guard used < nodes.count else { return true }
        (restoredAt, restoredEpoch) = (now, epoch)
        saved = saved.filter { $0.value.until > epoch || $0.value.limit > 0 }
        savedSent = savedSent.filter { $0.value.last > epoch - SentRecord.lifetime }
        let gone = Array(nodes.values.lazy.filter { [sweeps] in $0.sweep != sweeps && $0.inFlight == 0 }.prefix(most))
        for node in gone {
            nodes[node.identity] = nil
            if node.quota.counts, let sent = SentRecord(node, at: now, epoch: epoch), savedSent.count < HealthRegistry.mostSaved {
                savedSent[node.identity] = sent
            }
            if let record = HealthRecord(node, at: now, epoch: epoch), record.until > epoch || record.limit > 0,
                saved.count < HealthRegistry.mostSaved
            {
                saved[node.identity] = record
            }
        }
        return gone.count < most
    }

    /// Most records of nodes that are not in use. Real configurations have some hundred models; a provider that renames its own for ever stops here.
    private static let mostSaved = 10_000

    /// How many nodes that are not made yet have sent something that counts.
    var savedSentCount: Int { savedSent.count }

    /// What is kept for a node that is not made yet.
    func saved(under identity: String) -> HealthRecord? { saved[identity] }

    /// What there is a node of, or a rest that an earlier run has left.
    var subjects: some Sequence<HealthSubject> {
        [nodes.values.map(\.subject), saved.values.compactMap { $0.until > 0 ? $0.subject : nil }].joined()
    }

    /// Every rest that is not over, also of what is not configured now; by provider, those of everybody first.
    ///
    /// - Parameters:
    ///   - audience: Who a client is.
    ///   - epoch: Now, in milliseconds since the Unix epoch.
    func rests(at now: LoopInstant, epoch: Int, _ audience: (ClientTag) -> RestReport.Audience) -> [RestReport] {
        var reports: [RestReport] = []
        for node in nodes.values where !node.isFree {
            reports += node.track.reports(of: node.subject, for: .everybody, at: now, epoch: epoch)
            node.clients.forEach { client, track in
                reports += track.reports(of: node.subject, for: audience(client), at: now, epoch: epoch)
            }
            // Where a rest lasts as long, it is said already.
            for allowance in node.quota.told where allowance.resetAt > node.cooldown.until {
                if let report = allowance.report(of: node.subject, at: now, epoch: epoch) { reports.append(report) }
            }
        }
        for record in saved.values { if let report = record.report(at: now, epoch: epoch) { reports.append(report) } }
        return reports.map { ($0.order, $0) }.sorted { $0.0 < $1.0 }.map(\.1)
    }

    /// Every limit that holds requests back, by provider.
    func limits(at now: LoopInstant, epoch: Int) -> [LimitReport] {
        let reports = nodes.values.lazy.filter { !$0.isFree }.flatMap { $0.limitReports(at: now, epoch: epoch) }
        return reports.map { ($0.order, $0) }.sorted { $0.0 < $1.0 }.map(\.1)
    }

    /// How many rests of everybody there are, by the name of the failure's class.
    func restCounts(at now: LoopInstant, epoch: Int) -> [String: Int] {
        var counts: [String: Int] = [:]
        for node in nodes.values where node.track.cooldown.rests(at: now) {
            guard let evidence = node.track.evidence else { continue }
            counts["\(evidence.reason)", default: 0] += 1
        }
        for record in saved.values { if let report = record.report(at: now, epoch: epoch) { counts[report.reason, default: 0] += 1 } }
        return counts
    }

    /// Ends the rests of what fulfils a condition, for everybody and for single clients, also those that an earlier run has left for what is not in use.
    /// What the provider has stated of their limits is over too, and what was learnt of them holds nothing back until an answer says how it is.
    ///
    /// - Parameter condition: Is asked with `nil` for what an earlier run has left under an identity that can't be read.
    func clear(at now: LoopInstant, where condition: (HealthSubject?) -> Bool) {
        for node in nodes.values where condition(node.subject) {
            node.clear()
            node.quota.endPause(at: now)
        }
        for (identity, record) in saved where record.until > 0 || record.rung > 0 {
            guard condition(record.subject) else { continue }
            var record = record
            record.clear()
            saved[identity] = record.isBlank ? nil : record
        }
    }

    /// What there is to keep over a restart.
    ///
    /// - Parameter epoch: Now, in milliseconds since the Unix epoch.
    func snapshot(at now: LoopInstant, epoch: Int) -> HealthSnapshot {
        var records = nodes.values.compactMap { HealthRecord($0, at: now, epoch: epoch) }
        // Providers that are not configured now may come back.
        records += saved.values.filter { $0.until > epoch || $0.limit > 0 }
        return HealthSnapshot(records: records.sorted { $0.identity < $1.identity })
    }

    /// Takes what an earlier run has left.
    func restore(_ snapshot: HealthSnapshot, at now: LoopInstant, epoch: Int) {
        (restoredAt, restoredEpoch) = (now, epoch)
        for record in snapshot.records {
            if let node = nodes[record.identity] { record.apply(to: node, at: now, epoch: epoch) } else { saved[record.identity] = record }
        }
    }

    /// Takes what was sent in an earlier run.
    func restore(_ sent: [SentRecord], at now: LoopInstant, epoch: Int) {
        (restoredAt, restoredEpoch) = (now, epoch)
        for record in sent {
            if let node = nodes[record.identity] {
                record.apply(to: node, at: now, epoch: epoch)
            } else if savedSent.count < HealthRegistry.mostSaved {
                savedSent[record.identity] = record
            }
        }
    }

    /// A key in an identity: its variable, and enough of its digest to notice that it was exchanged.
    private static func tag(_ key: APIKeyReference) -> String {
        let digest = key.value.reveal { text in SecretDigest(of: Array(text.utf8).span.bytes).tag }
        return "\(key.variable)#\(String(digest, radix: 36))"
    }
}
