extension Gateway {
    /// What is held for requests in work, each in a line: nothing when there is none. What is held then was not given back, and never will be.
    package var holdings: [String] {
        var held: [String] = []
        if statistics.inFlight != 0 { held.append("\(statistics.inFlight) requests in work") }
        if attempts.waiting != 0 { held.append("\(attempts.waiting) requests in the waiting room") }
        if expectants.count != 0 { held.append("\(expectants.count) requests that wait for lists of models") }
        if !keyedRequests.isEmpty { held.append("\(keyedRequests.count) requests of keys") }
        if keepAlive.count != 0 { held.append("\(keepAlive.count) streams to keep alive") }
        for node in health.all {
            if node.inFlight != 0 { held.append("\(node.inFlight) attempts under way at \(node.identity)") }
            if node.cooldown.isTrying { held.append("a trial of \(node.identity)") }
        }
        return held.sorted()
    }
}

extension UpstreamRequest {
    /// The client's request that it is an attempt of; `nil` for one of the gateway's own, such as for a list of models.
    package var context: RequestContext? { (body as? UpstreamAttempt)?.context }
}
