internal import EventLoop
internal import Glibc
internal import Wire

/// Puts deployments in order: by the quality of their models and by what is measured of them, under several profiles.
///
/// Requests read an order that is already there. What they bring is noted at once and goes into the order at the next refresh, which follows
/// within a tenth of a second; a failure is not kept waiting that long.
final class Ranking {
    /// How long after a refresh what was learnt may wait for the next.
    private static let refreshInterval = LoopInterval(.milliseconds(100))
    /// The same after a failure.
    private static let urgentInterval = LoopInterval(.milliseconds(5))
    /// The most requests that may be saved up for finding out: as many as show, when the best becomes worse, who is better.
    private static let mostCredit = 5.0
    /// After how long all scores are made anew, since what was measured loses weight.
    private static let fadeInterval = LoopInterval(.seconds(5))

    private(set) var options: ScoringOptions
    private(set) var profiles: [(name: String, profile: ScoringProfile)]
    private(set) var decay: Decay
    /// Where quality comes from; `nil` when nothing is known of any model.
    let source: (any QualitySource)?
    /// Counts the changes of what decides: of the deployments, of a score, of what is due to be tried. It is a part of the snapshot's id.
    private(set) var version: UInt64 = 1
    /// Counts the changes of the profiles: a place among the scores means something else after one.
    private(set) var generation = 0
    /// Counts the refreshes, changed or not.
    private(set) var refreshes: UInt64 = 0
    /// When the scores were made.
    private(set) var refreshedAt = LoopInstant(nanoseconds: 0)
    /// When there is something to refresh; `nil` when nothing was learnt.
    private(set) var refreshDue: LoopInstant?
    /// How many requests may be spent on finding out.
    private(set) var explorationCredit = Ranking.mostCredit

    /// Told when there will be something to refresh, and when.
    var refreshBecameDue: ((LoopInstant) -> Void)?

    private var deployments: [Deployment] = []
    /// Whether the options are others than when the scores were made.
    private var hasOtherOptions = true
    private var providers: [String: ProviderRecord] = [:]
    /// The names of the providers of the deployments, by their numbers.
    private(set) var providerNames: [String] = []
    private var probeInterval: LoopInterval
    private var quickProbeInterval: LoopInterval
    /// The quality under each profile, of the deployment whose scores are being made.
    private var qualities: [Double]
    private var fadedAt = LoopInstant(nanoseconds: 0)
    private var requests = 0

    init(_ options: ScoringOptions, quality: (any QualitySource)? = nil) {
        self.options = options
        source = quality
        profiles = options.profiles.all
        qualities = Array(repeating: 0, count: profiles.count)
        decay = Decay(halfLife: options.halfLife, silence: options.exploration.interval / 2)
        probeInterval = LoopInterval(options.exploration.interval)
        quickProbeInterval = LoopInterval(options.exploration.interval / 12)
    }

    /// Takes other options into use; the deployments must be adopted again.
    func configure(_ options: ScoringOptions) {
        if options != self.options {
            version += 1
            generation += 1
            hasOtherOptions = true
        }
        self.options = options
        profiles = options.profiles.all
        qualities = Array(repeating: 0, count: profiles.count)
        decay = Decay(halfLife: options.halfLife, silence: options.exploration.interval / 2)
        probeInterval = LoopInterval(options.exploration.interval)
        quickProbeInterval = LoopInterval(options.exploration.interval / 12)
    }

    // MARK: The deployments

    /// Takes other deployments, in the order of the files, with the ratings they have; what was learnt about those that stay is kept.
    ///
    /// - Parameter isPrepared: Whether `prepare` has seen all of them as they are now.
    func adopt(_ deployments: [Deployment], at now: LoopInstant, isPrepared: Bool = false) {
        if !isPrepared { prepare(deployments[...], at: now, scoring: false) }
        var isChanged = deployments.count != self.deployments.count
        providerNames = []
        var numbered: [ObjectIdentifier: ProviderRecord] = [:]
        for (place, deployment) in deployments.enumerated() {
            // Equal scores keep the order of the files, so another order decides differently.
            if !isChanged, self.deployments[place].learned !== deployment.learned { isChanged = true }
            let record = numbered[ObjectIdentifier(deployment.provider)] ?? number(deployment.provider, &numbered)
            deployment.standing.provider = record
            deployment.standing.place = place
            if deployment.standing.isChanged { isChanged = true }
        }
        self.deployments = deployments
        // The scores of thousands fade in a turn of their own.
        refresh(at: now, all: hasOtherOptions, isChanged: isChanged, fades: !isPrepared)
        hasOtherOptions = false
    }

    /// Does for some deployments what adopting them would have to do first: notes what each of them can do, and of those that are not adopted yet, or are
    /// others than when they were, what decides about them, and makes their scores.
    ///
    /// - Parameter scoring: Whether the scores are made now; if not, they are made when the deployments are adopted.
    func prepare(_ deployments: ArraySlice<Deployment>, at now: LoopInstant, scoring: Bool = true) {
        var isChanged = false
        for deployment in deployments {
            deployment.abilities = Abilities(deployment, deployment.standing.quality)
            if isAdopted(deployment), deployment.learned.description?.describes(deployment) == true { continue }
            deployment.learned.description = DeploymentDescription(deployment)
            deployment.standing.isChanged = true
            guard scoring else { continue }
            deployment.standing.provider = record(of: deployment.provider)
            if score(deployment, at: now) { isChanged = true }
        }
        if isChanged { version += 1 }
    }

    /// Whether the deployment, or one that stood for the same before a reload, is one of those that scores are kept for.
    private func isAdopted(_ deployment: Deployment) -> Bool {
        let place = deployment.standing.place
        return place < deployments.count && deployments[place].learned === deployment.learned
    }

    private func record(of provider: Provider) -> ProviderRecord {
        if let known = providers[provider.name] { return known }
        let new = ProviderRecord()
        providers[provider.name] = new
        return new
    }

    /// Gives a provider the next number.
    private func number(_ provider: Provider, _ numbered: inout [ObjectIdentifier: ProviderRecord]) -> ProviderRecord {
        let record = record(of: provider)
        numbered[ObjectIdentifier(provider)] = record
        // Two objects of one name are one provider.
        if let known = providerNames.firstIndex(of: provider.name) {
            record.number = known
        } else {
            record.number = providerNames.count
            providerNames.append(provider.name)
        }
        return record
    }

    /// The place of a score for a profile and a size of prompt.
    @inline(__always)
    func place(profile: Int, size: PromptSize) -> Int { profile * PromptSize.allCases.count + size.rawValue }

    // MARK: Learning

    /// A request is sent to a deployment.
    func began(_ deployment: Deployment, at now: LoopInstant) {
        requests += 1
        deployment.standing.live.began(at: now)
        deployment.standing.probeAfter = now.advanced(by: probeInterval)
    }

    /// A request has an end.
    func record(_ outcome: LiveRecord.Outcome, _ deployment: Deployment, at now: LoopInstant) {
        let expected = deployment.standing.facts.seconds[outcome.size.rawValue]
        deployment.standing.live.record(outcome, at: now, decay: decay)
        let provider = deployment.standing.provider
        provider.live.record(outcome, at: now, decay: decay)
        deployment.standing.isChanged = true
        provider.isChanged = true
        // One that was tried and did better than expected is worth another look soon.
        if outcome.isSuccess == true, deployment.standing.live.seconds(outcome.size, prior: provider.live, at: now, decay: decay) < expected {
            deployment.standing.probeAfter = now.advanced(by: quickProbeInterval)
        }
        learnt(at: now, isUrgent: outcome.isSuccess == false)
    }

    /// An answer said what is left of the provider's limits.
    func record(_ quota: QuotaReading, _ deployment: Deployment, at now: LoopInstant) {
        guard !quota.isEmpty else { return }
        deployment.standing.quota = quota
        deployment.standing.quotaAt = now
        deployment.standing.isChanged = true
        learnt(at: now, isUrgent: false)
    }

    private func learnt(at now: LoopInstant, isUrgent: Bool) {
        let due = max(now, refreshedAt.advanced(by: isUrgent ? Ranking.urgentInterval : Ranking.refreshInterval))
        if due <= now { return refresh(at: now) }
        if let refreshDue, refreshDue <= due { return }
        refreshDue = due
        refreshBecameDue?(due)
    }

    // MARK: The order

    /// Makes the scores anew of what has changed, or of all when that is due.
    func refreshIfDue(at now: LoopInstant) {
        if let refreshDue, refreshDue <= now { return refresh(at: now) }
        if now >= fadedAt.advanced(by: Ranking.fadeInterval) { refresh(at: now, all: true) }
    }

    private func refresh(at now: LoopInstant, all: Bool = false, isChanged: Bool = false, fades: Bool = true) {
        let all = all || fades && now >= fadedAt.advanced(by: Ranking.fadeInterval)
        var isChanged = isChanged
        for deployment in deployments {
            // One that may now be tried for the sake of finding out changes what is decided, though no score.
            if deployment.standing.probeAfter > refreshedAt, deployment.standing.probeAfter <= now { isChanged = true }
            guard all || deployment.standing.isChanged || deployment.standing.provider.isChanged else { continue }
            if score(deployment, at: now) { isChanged = true }
        }
        for record in providers.values { record.isChanged = false }
        let credit = min(Ranking.mostCredit, explorationCredit + options.exploration.share * Double(requests))
        if credit != explorationCredit { isChanged = true }
        explorationCredit = credit
        requests = 0
        if all { fadedAt = now }
        refreshedAt = now
        refreshDue = nil
        refreshes += 1
        if isChanged { version += 1 }
    }

    /// Makes the scores of a deployment; whether one of them is another than before.
    private func score(_ deployment: Deployment, at now: LoopInstant) -> Bool {
        deployment.standing.isChanged = false
        deployment.standing.facts = facts(of: deployment, at: now)
        let count = profiles.count * PromptSize.allCases.count
        var isChanged = deployment.standing.scores.count != count
        if isChanged { deployment.standing.scores = Array(repeating: 0, count: count) }
        if options.mode == .original {
            let score = originalScore(deployment)
            for place in 0..<count where deployment.standing.scores[place] != score {
                deployment.standing.scores[place] = score
                isChanged = true
            }
            return isChanged
        }
        for index in profiles.indices { qualities[index] = NormalisedFacts.quality(cautious(deployment, profiles[index].profile)) }
        for size in PromptSize.allCases {
            let normalised = normalised(deployment, deployment.standing.facts, size)
            for index in profiles.indices {
                let place = place(profile: index, size: size)
                let score = Ranking.orderable(normalised.score(quality: qualities[index], profiles[index].profile))
                guard deployment.standing.scores[place] != score else { continue }
                deployment.standing.scores[place] = score
                isChanged = true
            }
        }
        return isChanged
    }

    private func originalScore(_ deployment: Deployment) -> Double {
        Ranking.orderable((deployment.standing.quality.original ?? 0) * deployment.provider.configuration.basePriority)
    }

    /// A score by which can be ordered and which can be written: what is no number is the lowest there is.
    private static func orderable(_ score: Double) -> Double {
        score.isNaN ? -ForeignNumber.score : score.clamped(to: -ForeignNumber.score...ForeignNumber.score)
    }

    /// The ability that counts under a profile, less the caution for what is not known.
    private func cautious(_ deployment: Deployment, _ profile: ScoringProfile) -> Double {
        deployment.standing.quality.ability(profile.task).cautious(options)
    }

    private func normalised(_ deployment: Deployment, _ facts: ScoreFacts, _ size: PromptSize) -> NormalisedFacts {
        NormalisedFacts(
            facts, size: size, priority: deployment.model.priority ?? 0, factor: deployment.provider.configuration.basePriority,
            adjustment: deployment.standing.quality.adjustment)
    }

    private func facts(of deployment: Deployment, at now: LoopInstant) -> ScoreFacts {
        let provider = deployment.standing.provider.live
        var facts = ScoreFacts()
        facts.success = deployment.standing.live.successProbability(prior: provider, at: now, decay: decay)
        facts.headroom = deployment.standing.headroom(at: now)
        let prices = prices(of: deployment)
        facts.isPriceKnown = prices != nil
        let (prompt, completion) = prices ?? ScoreFacts.unknownPrices
        for size in PromptSize.allCases {
            facts.seconds[size.rawValue] = deployment.standing.live.seconds(size, prior: provider, at: now, decay: decay)
            facts.dollars[size.rawValue] = (prompt * size.typicalTokens + completion * LiveRecord.typicalOutput) / 1_000_000
        }
        return facts
    }

    /// The seconds until an answer of so many tokens is whole; `nil` while too little was measured.
    func seconds(of deployment: Deployment, _ size: PromptSize, tokens: Int) -> Double? {
        let live = deployment.standing.live
        guard live.pace.weight >= Ranking.leastMeasured else { return nil }
        let provider = deployment.standing.provider.live
        return exp(live.delay(size, prior: provider, at: refreshedAt, decay: decay))
            + Double(tokens) * exp(live.pace(prior: provider, at: refreshedAt, decay: decay))
    }

    /// Answers that must have been measured before their pace bounds another one.
    private static let leastMeasured = 4.0

    /// US dollars for a million tokens; `nil` when nobody says.
    func prices(of deployment: Deployment) -> (prompt: Double, completion: Double)? {
        let prices = deployment.pricing.prices
        guard let prompt = prices.prompt, let completion = prices.completion else { return nil }
        return (prompt, completion)
    }

    /// The terms of the score in the present order.
    func terms(of deployment: Deployment, profile: Int, size: PromptSize) -> [ScoreTerm] {
        let profile = profiles[profile].profile
        return ScoreBasis(deployment, profile.task).terms(profile, size, options)
    }

    // MARK: Finding out

    /// Which of the deployments, the best first, should be tried although it is not the best: one that was left alone for a while and would be
    /// first if it were as good as it once was, or as one that is not known can be.
    func probe(among deployments: [Deployment], profile: Int, size: PromptSize) -> Deployment? {
        guard options.exploration.enabled, options.mode == .ability, explorationCredit >= 1, deployments.count > 1,
            // As long as the best itself is not known there is nothing to compare with.
            deployments[0].standing.live.isKnown
        else { return nil }
        let place = place(profile: profile, size: size)
        var most = deployments[0].standing.scores[place]
        var found: Deployment?
        for deployment in deployments.dropFirst() where deployment.standing.probeAfter <= refreshedAt {
            var facts = deployment.standing.facts
            facts.success = max(facts.success, DecayedSuccess.prior)
            facts.seconds[size.rawValue] = min(facts.seconds[size.rawValue], deployment.standing.live.hopedSeconds(size))
            let hoped = normalised(deployment, facts, size).score(
                quality: NormalisedFacts.quality(cautious(deployment, profiles[profile].profile)), profiles[profile].profile)
            if hoped > most { (most, found) = (hoped, deployment) }
        }
        return found
    }

    /// A request goes to a deployment for the sake of finding out: that changes the order.
    func spend(on deployment: Deployment, at now: LoopInstant) {
        explorationCredit -= 1
        deployment.standing.probeAfter = now.advanced(by: probeInterval)
        version += 1
        refreshes += 1
    }
}
