internal import EventLoop

extension HealthLedger {
    /// Whether a deployment may be asked for an endpoint. What its provider has turned out not to have is not there.
    func availability(
        of deployment: Deployment, _ endpoint: Endpoint, in endpoints: EndpointBook, for client: ClientTag, _ need: TokenNeed, at now: LoopInstant
    ) -> Availability {
        if !endpoints.isClear(endpoint), let until = endpoints.until(endpoint, of: deployment, for: client, now: now) { return .gone(until: until) }
        return availability(of: deployment, for: client, need, at: now)
    }
}
