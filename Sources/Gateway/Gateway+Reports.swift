internal import EventLoop

extension Gateway {
    /// What can be told of every deployment, in the order in which they are tried.
    public func deploymentReports() -> DeploymentReports { DeploymentReports(of: models.table.deployments, on: loop) }

    /// What can be told of the deployments that a key may ask for, as far as that is known; of every one where that is everything.
    func deploymentReports(for allowance: Allowance?) -> DeploymentReports {
        guard let allowance else { return deploymentReports() }
        return DeploymentReports(of: router.table.deployments.filter { allowance.allows($0.standing.place) }, on: loop)
    }

    /// How many requests wait for capacity.
    public var waitingRequests: Int { attempts.waiting }

    /// For how many of the chat models there is public evidence of their quality.
    public var modelCoverage: ModelCoverage { ModelCoverage(models.table.deployments) }

    /// The endpoints that providers have turned out not to have.
    public var missingEndpoints: [MissingEndpoint] { router.endpoints.reports(at: loop.now, epoch: loop.millisecondsSinceEpoch) }
}
