public import HTTPServer

/// The gateway as it answers on the operator's own listener: the operator's endpoints, pages about the gateway and health, nothing for clients.
public final class AdminDoor: HTTPResponder {
    private unowned let gateway: Gateway

    /// Makes the responder of the operator's listener; the gateway outlives it.
    public init(_ gateway: Gateway) { self.gateway = gateway }

    /// Looks at a request's head.
    public func screen(_ exchange: HTTPExchange) -> Screening { gateway.screen(exchange, by: .admin) }

    /// Answers a request.
    public func respond(to exchange: HTTPExchange) async { await gateway.respond(to: exchange) }

    /// Answers what was not taken for a request.
    public func refuse(_ refusal: HTTPRefusal, on exchange: HTTPExchange) { gateway.refuse(refusal, on: exchange) }
}

extension Route {
    /// Whether the route is served on the operator's own listener.
    var isForOperators: Bool {
        switch self {
        case .admin, .page, .liveness, .readiness: true
        case .model, .models, .modelDetail, .explanation, .unknown: false
        }
    }
}
