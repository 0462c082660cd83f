/// Which models are relatives, from far to near: a family (`claude`), a version of it (`claude 4.5`), a model (words and size), a mode of that,
/// and at last the dated release itself.
///
/// Relatives lie together around what their descriptions say. What the rows of some show of all of them is carried over to those without rows,
/// the less the farther they are: a vendor whose models keep less than their description promises is not believed of the next one either.
struct Kinship {
    /// One circle of relatives.
    enum Circle: Int, CaseIterable {
        case family, version, model, mode
    }

    /// How far apart the members of each circle lie, in units of the spread of all abilities. Chosen by leaving whole boards and whole models out.
    struct Spreads {
        var family = 0.2
        var version = 0.2
        var model = 0.25
        var mode = 0.25
        /// Dated releases of one model in one mode.
        var release = 0.1

        subscript(circle: Circle) -> Double {
            switch circle {
            case .family: family
            case .version: version
            case .model: model
            case .mode: mode
            }
        }

        /// How far a model of which only its description is known may lie from that.
        var all: Double {
            (Circle.allCases.reduce(release * release) { $0 + self[$1] * self[$1] }).squareRoot()
        }
    }

    /// For each circle: the place of each entry's group.
    let groups: [[Int]]
    /// For each circle: the place of each group's own group in the next wider circle; 0 for families.
    private let parents: [[Int]]
    /// For each circle: the names of the groups.
    let names: [[String]]

    init(_ entries: [ModelCatalogue.Entry]) {
        var groups: [[Int]] = [], parents: [[Int]] = [], names: [[String]] = []
        for circle in Circle.allCases {
            var places: [String: Int] = [:]
            var own: [Int] = [], outer: [Int] = [], known: [String] = []
            for (entry, wider) in zip(entries, groups.last ?? Array(repeating: 0, count: entries.count)) {
                // The wider group is a part of the name, so that circles lie within each other.
                let name = Self.name(of: entry.identity, in: circle)
                let key = circle == .family ? name : "\(wider)|\(name)"
                if let place = places[key] {
                    own.append(place)
                } else {
                    places[key] = known.count
                    own.append(known.count)
                    outer.append(wider)
                    known.append(name)
                }
            }
            groups.append(own)
            parents.append(outer)
            names.append(known)
        }
        (self.groups, self.parents, self.names) = (groups, parents, names)
    }

    /// The name of the group that a model is in.
    static func name(of identity: ModelIdentity, in circle: Circle) -> String {
        let base = identity.key.base
        return switch circle {
        case .family: identity.family
        case .version: identity.family + " " + (identity.version ?? "-")
        case .model: base.words.joined(separator: " ") + " " + (base.size ?? "") + " " + (base.stamp?.text ?? "")
        case .mode: identity.mode?.rawValue ?? ""
        }
    }

    /// What rows say of values, in the form in which it adds up: the precision, and the values times their precision.
    struct Message {
        var precision: Double
        var sums: [Double]

        /// The same, said of something that lies apart from it by a spread.
        func carried(over spread: Double) -> Message {
            let share = 1 / (1 + precision * spread * spread)
            return Message(precision: precision * share, sums: sums.map { $0 * share })
        }
    }

    /// What the members of each group say together, from near to far.
    ///
    /// - Parameters:
    ///   - leaves: What each entry's rows say of it; `nil` without rows.
    ///   - visit: Told each group with what its members say of it, before that is carried on.
    func gather(_ leaves: [Message?], _ spreads: Spreads, visit: (Circle, Int, Message) -> Void) {
        var inner: [Message?] = leaves
        var spread = spreads.release
        for circle in Circle.allCases.reversed() {
            let places = circle == .mode ? groups[circle.rawValue] : parents[circle.rawValue + 1]
            var sums: [Message?] = Array(repeating: nil, count: names[circle.rawValue].count)
            for (place, message) in zip(places, inner) {
                guard let carried = message?.carried(over: spread) else { continue }
                guard var sum = sums[place] else {
                    sums[place] = carried
                    continue
                }
                sum.precision += carried.precision
                for column in sum.sums.indices { sum.sums[column] += carried.sums[column] }
                sums[place] = sum
            }
            for (place, sum) in sums.enumerated() { if let sum { visit(circle, place, sum) } }
            (inner, spread) = (sums, spreads[circle])
        }
    }

    /// A value with its variance.
    struct Estimate {
        var mean = 0.0, variance = 0.0
    }

    /// How far each group, and at last each entry, lies from its description.
    ///
    /// - Parameter leaves: What each entry's rows say of that; `nil` without rows.
    func estimates(_ leaves: [Message?], _ spreads: Spreads) -> (groups: [[Estimate]], entries: [Estimate]) {
        var said: [[Message?]] = names.map { Array(repeating: nil, count: $0.count) }
        gather(leaves, spreads) { said[$0.rawValue][$1] = $2 }
        func estimate(_ message: Message?, within outer: Estimate, _ spread: Double) -> Estimate {
            let tie = 1 / (spread * spread)
            let total = (message?.precision ?? 0) + tie
            let carried = tie / total
            return Estimate(
                mean: ((message?.sums[0] ?? 0) + outer.mean * tie) / total, variance: 1 / total + carried * carried * outer.variance)
        }
        var made: [[Estimate]] = []
        for circle in Circle.allCases {
            let outer = made.last
            made.append(
                said[circle.rawValue].enumerated().map { place, message in
                    estimate(message, within: outer?[parents[circle.rawValue][place]] ?? Estimate(), spreads[circle])
                })
        }
        let nearest = made[Circle.mode.rawValue]
        let entries = leaves.enumerated().map { place, message in
            estimate(message, within: nearest[groups[Circle.mode.rawValue][place]], spreads.release)
        }
        return (made, entries)
    }
}
