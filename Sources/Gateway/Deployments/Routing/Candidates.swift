/// The deployments that may serve one request, in the order in which they are tried.
struct Candidates {
    var deployments: [Deployment]

    init(deployments: [Deployment]) {
        self.deployments = deployments
    }

    /// Keeps the deployments that can go on from an earlier answer: those of the provider and key that made it. Where all are of one provider
    /// and key there is no choice, and the provider decides.
    ///
    /// - Throws: 404 where the answer is another client's, and where nobody knows who made it.
    mutating func keep(_ id: String?, of client: ClientTag, in homes: ResponseHomes) throws(GatewayError) {
        guard let id else { throw .badRequest("`previous_response_id` must be a string", param: "previous_response_id") }
        guard let first = deployments.first else { return }
        let home = homes.home(of: id, for: client)
        if home == nil, homes.isKnown(id) {
            throw GatewayError(
                404, .invalidRequest, code: "previous_response_not_found", param: "previous_response_id", "there is no answer `\(id)` of this API key"
            )
        }
        if deployments.allSatisfy({ $0.provider === first.provider && $0.keyIndex == first.keyIndex }) { return }
        guard let home else {
            throw GatewayError(
                404, .invalidRequest, code: "previous_response_not_found", param: "previous_response_id",
                "which provider made the answer `\(id)` is not known; send the conversation again without it")
        }
        deployments = kept(at: home)
        guard deployments.isEmpty else { return }
        throw GatewayError(
            404, .invalidRequest, code: "previous_response_not_found", param: "previous_response_id",
            "the answer `\(id)` was made by \(home.provider), which does not serve this model")
    }

    /// Keeps the deployments that can go on with a conversation that its provider keeps: those of the provider and key where the client has been seen with
    /// it. One that nobody has been seen with may be anywhere, and be anybody's; one of others is nobody else's where they have it.
    ///
    /// - Throws: 404 where none is left.
    mutating func keep(conversation id: String, of client: ClientTag, in homes: ResponseHomes) throws(GatewayError) {
        guard let first = deployments.first else { return }
        if let home = homes.home(of: id, .conversation, for: client) {
            let kept = kept(at: home)
            guard kept.isEmpty else { return deployments = kept }
            throw GatewayError(
                404, .invalidRequest, code: "conversation_not_found", param: "conversation",
                "the conversation `\(id)` is kept by \(home.provider), which does not serve \(first.model.id)")
        }
        let others = homes.accounts(of: id, .conversation)
        guard !others.isEmpty else { return }
        deployments.removeAll { others.contains($0.account) }
        guard deployments.isEmpty else { return }
        throw GatewayError(
            404, .invalidRequest, code: "conversation_not_found", param: "conversation", "there is no conversation `\(id)` of this API key")
    }

    /// Those of the account where something is kept. Where the account has a new key or address, and so is no longer known by its number, those of its
    /// provider: it tells itself what it does not have.
    private func kept(at home: ResponseHomes.Home) -> [Deployment] {
        deployments.filter { $0.provider.name == home.provider && ($0.account == home.account || !$0.provider.accounts.contains(home.account)) }
    }
}
