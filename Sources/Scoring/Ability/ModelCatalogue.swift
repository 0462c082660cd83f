internal import Wire

/// What is known about models besides their scores, one entry for each canonical name, collected from every
/// catalogue.
struct ModelCatalogue: Sendable {
    /// What is known about one model.
    struct Entry: Sendable {
        var identity: ModelIdentity
        /// Days since 2020-01-01.
        var releasedDay: Int?
        /// Whether the day comes from a name or a catalogue, and is not only a bound given by the first board
        /// that has the model.
        var isDayOfCatalogue = true
        var price: ModelPrice?
        var contextLength: Int?
        /// The most tokens of one answer.
        var outputLimit: Int?
        /// The share of catalogues that say it reasons.
        var reasons: Double?
        var inputModalities: [String] = []
        var outputModalities: [String] = []
    }

    /// The entries, by canonical name in ascending order.
    let entries: [Entry]
    /// The index of each canonical name.
    let places: [String: Int]

    /// Collects facts about the named models, which get an entry even if no catalogue knows them.
    ///
    /// - Parameter firstSeen: The day of the first board entry of models, by canonical name: a bound if there
    ///   is no other date.
    init(_ facts: [ModelFact], naming identities: [ModelIdentity], firstSeen: [String: Int]) {
        var byName: [String: Pool] = [:]
        var byBase: [IdentityKey: Pool] = [:]
        for fact in facts {
            let identity = ModelIdentity(parsing: fact.name)
            guard !identity.words.isEmpty, !identity.isComposite else { continue }
            byName[identity.canonical, default: Pool(identity)].add(fact)
            byBase[identity.key.base, default: Pool(identity)].add(fact)
        }
        for identity in identities where byName[identity.canonical] == nil { byName[identity.canonical] = Pool(identity) }
        var made = byName.keys.sorted().map { name in
            let pool = byName[name]!
            return pool.entry(elseFrom: byBase[pool.identity.key.base] ?? pool)
        }
        Self.fillDates(&made, firstSeen)
        entries = made
        places = Dictionary(uniqueKeysWithValues: made.enumerated().map { ($1.identity.canonical, $0) })
    }

    /// Fills in days that no catalogue knows: six weeks before the first board that has the model, otherwise
    /// the median of its version's other models.
    private static func fillDates(_ entries: inout [Entry], _ firstSeen: [String: Int]) {
        for place in entries.indices where entries[place].releasedDay == nil {
            entries[place].releasedDay = firstSeen[entries[place].identity.canonical].map { $0 - 45 }
            entries[place].isDayOfCatalogue = false
        }
        func series(_ identity: ModelIdentity) -> String? { identity.version.map { identity.family + " " + $0 } }
        fillYears(&entries)
        var days: [String: [Double]] = [:]
        for entry in entries {
            guard let day = entry.releasedDay, let series = series(entry.identity) else { continue }
            days[series, default: []].append(Double(day))
        }
        for place in entries.indices where entries[place].releasedDay == nil {
            guard let series = series(entries[place].identity), let known = days[series] else { continue }
            entries[place].releasedDay = Int(median(known))
        }
    }

    /// A stamp such as `0905` has no year, and the catalogues' days for such names are often those of another
    /// release. The year is chosen so that the stamp is nearest to its version's other models, if the known day
    /// is most of a year before them, or is only a board's.
    private static func fillYears(_ entries: inout [Entry]) {
        func series(_ identity: ModelIdentity) -> String? { identity.version.map { identity.family + " " + $0 } }
        var days: [String: [Double]] = [:]
        for entry in entries where entry.identity.stamp?.month == nil || entry.identity.stamp?.year != nil {
            if let day = entry.releasedDay, let series = series(entry.identity) { days[series, default: []].append(Double(day)) }
        }
        for place in entries.indices {
            guard let stamp = entries[place].identity.stamp, stamp.year == nil, let month = stamp.month, let day = stamp.day,
                let series = series(entries[place].identity), let known = days[series]
            else { continue }
            let middle = Int(median(known))
            if let own = entries[place].releasedDay, entries[place].isDayOfCatalogue, own > middle - 270 { continue }
            let possible = (2022...2029).map { DateStamp.days(year: $0, month: month, day: day) }
            entries[place].releasedDay = possible.min { abs($0 - middle) < abs($1 - middle) }
        }
    }

    /// What several catalogues say about one name.
    private struct Pool {
        let identity: ModelIdentity
        var days: [(rank: Int, day: Int)] = []
        var inputs: [Double] = []
        var outputs: [Double] = []
        var extras: [TokenPrices] = []
        var contexts: [Double] = []
        var outputLimits: [Double] = []
        var reasons: [Double] = []
        var inputModalities: Set<String> = []
        var outputModalities: Set<String> = []

        init(_ identity: ModelIdentity) { self.identity = identity }

        mutating func add(_ fact: ModelFact) {
            if let day = fact.releasedDay { days.append((fact.dayRank, day)) }
            // A price of 0 is an offer, not what the model is worth.
            if let price = fact.price, price.output > 0 {
                inputs.append(price.input)
                outputs.append(price.output)
                if !price.extras.isEmpty { extras.append(price.extras.withoutEmptyExtras) }
            }
            if let length = fact.contextLength { contexts.append(Double(length)) }
            if let limit = fact.outputLimit { outputLimits.append(Double(limit)) }
            if let reason = fact.reasons { reasons.append(reason ? 1 : 0) }
            inputModalities.formUnion(fact.inputModalities)
            outputModalities.formUnion(fact.outputModalities)
        }

        /// The median of each price over those that have it, and the tiers of the one whose first tier is the
        /// median.
        private func middle(of all: [TokenPrices]) -> TokenPrices {
            var middle = TokenPrices()
            for price in TokenPrices.all {
                let known = all.compactMap { $0[keyPath: price] }
                if !known.isEmpty { middle[keyPath: price] = median(known) }
            }
            let tiered = all.filter { !$0.tiers.isEmpty }.sorted {
                ($0.tiers[0].above, $0.tiers[0].prompt ?? 0) < ($1.tiers[0].above, $1.tiers[0].prompt ?? 0)
            }
            if !tiered.isEmpty { middle.tiers = tiered[(tiered.count - 1) / 2].tiers }
            return middle
        }

        func entry(elseFrom base: Pool) -> Entry {
            var entry = Entry(identity: identity)
            let known = days.isEmpty ? base.days : days
            entry.releasedDay = identity.stamp?.dayNumber ?? known.min { ($0.rank, $0.day) < ($1.rank, $1.day) }?.day
            let priced = outputs.isEmpty ? base : self
            if !priced.outputs.isEmpty {
                entry.price = ModelPrice(input: median(priced.inputs), output: median(priced.outputs))
                entry.price?.extras = middle(of: priced.extras)
            }
            let lengths = contexts.isEmpty ? base.contexts : contexts
            if !lengths.isEmpty { entry.contextLength = Int(median(lengths)) }
            let limits = outputLimits.isEmpty ? base.outputLimits : outputLimits
            if !limits.isEmpty { entry.outputLimit = Int(median(limits)) }
            let votes = reasons.isEmpty ? base.reasons : reasons
            if !votes.isEmpty { entry.reasons = votes.reduce(0, +) / Double(votes.count) }
            entry.inputModalities = (inputModalities.isEmpty ? base.inputModalities : inputModalities).sorted()
            entry.outputModalities = (outputModalities.isEmpty ? base.outputModalities : outputModalities).sorted()
            return entry
        }
    }
}

/// The median, or the mean of the two middle values; 0 for an empty list.
func median(_ values: [Double]) -> Double {
    let sorted = values.sorted()
    guard !sorted.isEmpty else { return 0 }
    let middle = sorted.count / 2
    return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}
