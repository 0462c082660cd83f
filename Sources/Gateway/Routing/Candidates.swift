internal import Wire

/// The deployments that may serve one request, in the order in which they are tried.
struct Candidates {
    private(set) var deployments: [Deployment]

    init(deployments: [Deployment]) {
        self.deployments = deployments
    }

    /// Applies the useful part of OpenRouter's `provider` object: `only`, `ignore`, `order`, `allow_fallbacks`.
    mutating func apply(_ preferences: ProviderPreferences?) throws(GatewayError) {
        guard let preferences else { return }
        if !preferences.only.isEmpty { deployments.removeAll { !preferences.only.contains($0.provider.name) } }
        deployments.removeAll { preferences.ignore.contains($0.provider.name) }
        if !preferences.order.isEmpty {
            let rank = { (deployment: Deployment) in preferences.order.firstIndex(of: deployment.provider.name) ?? preferences.order.count }
            // Stable: within a provider the order of the score stays.
            deployments = deployments.enumerated().sorted { (rank($0.element), $0.offset) < (rank($1.element), $1.offset) }.map(\.element)
        }
        if preferences.allowFallbacks == false {
            if preferences.order.isEmpty {
                deployments = Array(deployments.prefix(1))
            } else {
                deployments.removeAll { !preferences.order.contains($0.provider.name) }
            }
        }
        guard !deployments.isEmpty else {
            throw GatewayError(404, .invalidRequest, code: "model_not_found", param: "provider", "no provider that `provider` allows has this model")
        }
    }
}
