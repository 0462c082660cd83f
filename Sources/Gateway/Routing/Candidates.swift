/// The deployments that may serve one request, in the order in which they are tried.
struct Candidates {
    var deployments: [Deployment]

    init(deployments: [Deployment]) {
        self.deployments = deployments
    }

    /// Keeps the deployments that can go on from an earlier answer: those of the provider and key that made it. Where all are of one provider
    /// and key there is no choice, and the provider decides.
    mutating func keep(_ id: String?, in homes: ResponseHomes) throws(GatewayError) {
        guard let id else { throw .badRequest("`previous_response_id` must be a string", param: "previous_response_id") }
        guard let first = deployments.first else { return }
        if deployments.allSatisfy({ $0.provider === first.provider && $0.keyIndex == first.keyIndex }) { return }
        guard let home = homes.home(of: id) else {
            throw GatewayError(
                404, .invalidRequest, code: "previous_response_not_found", param: "previous_response_id",
                "which provider made the answer `\(id)` is not known; send the conversation again without it")
        }
        deployments.removeAll { $0.provider.name != home.provider || $0.keyIndex != home.keyIndex }
        guard deployments.isEmpty else { return }
        throw GatewayError(
            404, .invalidRequest, code: "previous_response_not_found", param: "previous_response_id",
            "the answer `\(id)` was made by \(home.provider), which does not serve this model")
    }
}
