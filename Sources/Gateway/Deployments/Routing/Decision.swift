internal import Wire

/// Where a request goes, and why: the deployments that can take it, in the order in which they are tried.
struct Decision {
    /// What put the first candidate where it is.
    enum Reason: Equatable {
        /// Its score.
        case score
        /// The conversation was there before.
        case affinity
        /// It is tried to find out whether it has become better.
        case exploration
        /// It is as good as the best, and has the least under way for what it can take, or is not known yet.
        case load
        /// Its weight beside others'.
        case weight
        /// The order the request asks for: a list of models, or `provider.order` or `sort`.
        case request

        /// Whether it is neither the score nor the request's own wish, so that the client should be told.
        var isOurs: Bool { self == .affinity || self == .exploration || self == .load || self == .weight }

        var name: StaticString {
            switch self {
            case .score: "score"
            case .affinity: "affinity"
            case .exploration: "exploration"
            case .load: "load"
            case .weight: "weight"
            case .request: "request"
            }
        }
    }

    /// A deployment that can't take the request.
    struct Refused {
        let deployment: Deployment
        let reason: FilterReason
    }

    /// The candidates; at least one.
    var candidates: [Deployment]
    /// The candidate with the best score, which need not be the first.
    var best: Deployment
    var reason = Reason.score
    /// The turns of weights that it takes when it is carried out.
    var spreads: [Spread] = []
    /// The place of the profile and of the scores that counted.
    var profile: Int
    var size: PromptSize
    var place: Int
    /// The ranking's version.
    var version: UInt64
    /// How the name was found.
    var match = NameMatch.exact
    /// The conversation the request belongs to.
    var conversation: Conversation?

    /// The score of a candidate; one that is configured no more may have none any more, and then it is no better than any.
    func score(of deployment: Deployment) -> Double {
        deployment.standing.scores.indices.contains(place) ? deployment.standing.scores[place] : -.infinity
    }
}
