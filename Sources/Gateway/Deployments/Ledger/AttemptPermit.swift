internal import EventLoop

/// The right to one attempt at a deployment, with what must be given back at its end.
struct AttemptPermit {
    /// The nodes whose one trial it is, for everybody or for its client.
    struct Trials: OptionSet {
        let rawValue: UInt8
        static let keyModel = Trials(rawValue: 1)
        static let model = Trials(rawValue: 2)
        static let key = Trials(rawValue: 4)
        static let provider = Trials(rawValue: 8)

        /// The trial of a client's own rest at the same node.
        var own: Trials { Trials(rawValue: rawValue << 4) }
    }

    /// Whether it is everybody's trial at a node.
    func isTrial(at node: HealthNode) -> Bool {
        let nodes = deployment.health
        return node === nodes.keyModel && trials.contains(.keyModel) || node === nodes.model && trials.contains(.model)
            || node === nodes.key && trials.contains(.key) || node === nodes.provider && trials.contains(.provider)
    }

    let deployment: Deployment
    /// Whose request it is.
    let client: ClientTag
    let startedAt: LoopInstant
    /// The tokens it may take.
    let tokens: TokenDemand
    /// How many others were under way at the deployment when it began.
    let beside: Int
    /// Whether it was held back before, and noted as wanted then.
    var wasHeldBack = false
    var trials: Trials
    /// Whether the store knows of it; if not, it is to be recorded before it is sent, see `SentJournal`.
    var isRecorded = true
    /// Whether the provider was already seen to let it in.
    var isAdmitted = false
}
