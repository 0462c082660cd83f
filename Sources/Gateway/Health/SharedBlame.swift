/// Notices that a 5xx is the request's own: the same request gets one at a second provider. Neither is then blamed.
struct SharedBlame {
    private var incidents: [HealthLedger.Incident] = []
    private var isRequests = false

    init() {}

    /// Notes a failure that may be the request's own.
    mutating func note(_ incident: HealthLedger.Incident?, _ ledger: HealthLedger) {
        guard let incident else { return }
        if !isRequests, incidents.contains(where: { $0.provider !== incident.provider }) {
            isRequests = true
            for earlier in incidents { ledger.takeBack(earlier) }
            incidents = []
        }
        if isRequests { ledger.takeBack(incident) } else { incidents.append(incident) }
    }
}
