internal import EventLoop

/// Notices that a failure is the request's own: the same request fails at a second provider. Neither is then blamed.
struct SharedBlame {
    private var incidents: [HealthLedger.Incident] = []
    /// Whether a second provider has failed the request, too.
    private(set) var isRequests = false

    init() {}

    /// Notes a failure that may be the request's own.
    mutating func note(_ incident: HealthLedger.Incident?, _ ledger: HealthLedger, at now: LoopInstant) {
        guard let incident else { return }
        if !isRequests, incidents.contains(where: { $0.provider !== incident.provider }) {
            isRequests = true
            for earlier in incidents { ledger.takeBack(earlier, at: now) }
            incidents = []
        }
        if isRequests { ledger.takeBack(incident, at: now) } else { incidents.append(incident) }
    }
}
