internal import EventLoop

/// What can be told of deployments, one after the other: which they are is settled, and of each is told what is true when it is asked for.
public struct DeploymentReports: RandomAccessCollection {
    private let deployments: [Deployment]
    private let loop: EventLoop

    init(of deployments: [Deployment], on loop: EventLoop) {
        self.deployments = deployments
        self.loop = loop
    }

    /// 0.
    public var startIndex: Int { 0 }
    /// How many deployments there are.
    public var endIndex: Int { deployments.count }

    /// What can be told now of the deployment at a place.
    public subscript(place: Int) -> DeploymentReport {
        let (deployment, now) = (deployments[place], loop.now)
        return DeploymentReport(
            provider: deployment.provider.name, baseURL: deployment.provider.configuration.baseURL.text, model: deployment.model.id,
            keyIndex: deployment.keyIndex, priority: deployment.provider.configuration.basePriority, standing: deployment.standing(at: now),
            rest: deployment.health.longestRest(at: now, epoch: loop.millisecondsSinceEpoch),
            limits: deployment.health.limitReports(at: now, epoch: loop.millisecondsSinceEpoch), score: nil, statistics: deployment.learned.statistics
        )
    }
}
