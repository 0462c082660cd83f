/// Answers what is below `/admin/`. Called on the loop, which it never blocks.
public protocol AdminEndpoints: AnyObject {
    /// Answers one request.
    ///
    /// - Throws: The error as the operator is told it.
    func respond(to request: AdminRequest) async throws(GatewayError) -> AdminAnswer
}
