internal import EventLoop

/// What the ranking keeps with a deployment.
struct Standing {
    /// What was measured.
    var live = LiveRecord()
    /// What all of the provider's deployments together have shown; shared between them.
    var provider = ProviderRecord()
    /// How good the model is.
    var quality = QualityRating()
    /// What the provider's answers said of its limits last, and when.
    var quota = QuotaReading()
    var quotaAt = LoopInstant(nanoseconds: 0)
    /// The state the scores were made of.
    var facts = ScoreFacts()
    /// The score for each profile and size of prompt.
    var scores: [Double] = []
    /// What it has coming of requests that are shared out by the weights of models, and of keys.
    var modelCredit = 0.0
    var keyCredit = 0.0
    /// Its place in the order of the files, which decides between equal scores.
    var place = 0
    /// Whether something was learnt since the scores were made.
    var isChanged = true
    /// Before this it is not tried for the sake of finding out.
    var probeAfter = LoopInstant(nanoseconds: 0)

    /// What is left of the provider's limits: 1 until a tenth of each is left, then the share of that tenth.
    func headroom(at now: LoopInstant) -> Double {
        var least = 1.0
        let age = now.nanoseconds > quotaAt.nanoseconds ? now.nanoseconds - quotaAt.nanoseconds : 0
        for index in 0..<quota.count {
            let allowance = quota[index]
            guard let remaining = allowance.remaining else { continue }
            // What was used up is back; without a word on when, it is taken to be back after a minute, the shortest window in use.
            if age >= allowance.reset?.nanoseconds ?? 60_000_000_000 { continue }
            let tenth = max(1, Double(allowance.limit ?? 10) / 10)
            least = min(least, Double(remaining) / tenth)
        }
        return least
    }
}
