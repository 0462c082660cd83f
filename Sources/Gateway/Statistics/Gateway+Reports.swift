internal import EventLoop

extension Gateway {
    /// What can be told of every deployment now, in the order in which they are tried.
    public func deploymentReports() -> [DeploymentReport] {
        let (now, epoch) = (loop.now, loop.millisecondsSinceEpoch)
        return models.table.deployments.map { deployment in
            DeploymentReport(
                provider: deployment.provider.name, baseURL: deployment.provider.configuration.baseURL.text, model: deployment.model.id,
                keyIndex: deployment.keyIndex, priority: deployment.provider.configuration.basePriority, standing: deployment.standing(at: now),
                rest: deployment.health.longestRest(at: now, epoch: epoch), score: nil, statistics: deployment.learned.statistics)
        }
    }

    /// How many requests wait for capacity.
    public var waitingRequests: Int { attempts.waiting }
}
