/// What was learnt about a deployment while it served.
///
/// The deployments that stand for the same provider, key and model in successive configurations share one object, so that a reload forgets
/// nothing, and what a request finds out that began before the reload still counts after it.
final class LearnedState {
    /// What requests to it probably use.
    var tokens = TokenEstimate()
    /// What it has done since the start.
    var statistics = DeploymentStatistics()
    /// What was measured of it for the ranking, and its scores.
    var standing = Standing()
    /// How long its streams take to the first token, by the size of the request.
    var firstTokens = InlineArray<3, FirstTokenEstimate>(repeating: FirstTokenEstimate())
}
