/// Which models are relatives, from far to near: a family (`claude`), a version of it (`claude 4.5`), a model
/// (words and size), a mode of that, and finally the dated release itself.
///
/// Relatives lie together around what their descriptions predict. What the rows of some show about all of them
/// is carried over to those without rows, less so the more distant they are: a vendor whose models fall short
/// of their description is not believed about the next one either.
struct Kinship {
    /// One circle of relatives.
    enum Circle: Int, CaseIterable {
        case family, version, model, mode
    }

    /// How far apart the members of each circle are, in units of the spread of all abilities. Chosen by leaving
    /// out whole boards and whole models.
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

        /// How far a model may be from its description if only that is known.
        var all: Double {
            (Circle.allCases.reduce(release * release) { $0 + self[$1] * self[$1] }).squareRoot()
        }
    }

    /// For each circle: the index of each entry's group.
    let groups: [[Int]]
    /// For each circle: the index of each group's own group in the next wider circle; 0 for families.
    private let parents: [[Int]]
    /// For each circle: the names of the groups.
    let names: [[String]]

    init(_ entries: [ModelCatalogue.Entry]) {
        var groups: [[Int]] = [], parents: [[Int]] = [], names: [[String]] = []
        for circle in Circle.allCases {
            var places: [String: Int] = [:]
            var own: [Int] = [], outer: [Int] = [], known: [String] = []
            for (entry, wider) in zip(entries, groups.last ?? Array(repeating: 0, count: entries.count)) {
                // The wider group is part of the name, so that circles are nested.
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

    /// The name of the group that a model belongs to.
    static func name(of identity: ModelIdentity, in circle: Circle) -> String {
        let base = identity.key.base
        return switch circle {
        case .family: identity.family
        case .version: identity.family + " " + (identity.version ?? "-")
        case .model: base.words.joined(separator: " ") + " " + (base.size ?? "") + " " + (base.stamp?.text ?? "")
        case .mode: identity.mode?.rawValue ?? ""
        }
    }

    /// What rows say about values, in a form that adds up: the precision, and the values times their precision.
    struct Message {
        var precision: Double
        var sums: [Double]

        /// The same, about something that is a spread away.
        func carried(over spread: Double) -> Message {
            let share = 1 / (1 + precision * spread * spread)
            return Message(precision: precision * share, sums: sums.map { $0 * share })
        }
    }

    /// The combined evidence of the members of each group, from near to far.
    ///
    /// - Parameters:
    ///   - leaves: The evidence of each entry's rows; `nil` without rows.
    ///   - visit: Called for each group with its members' evidence, before that is carried on.
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

    /// How far each group, and finally each entry, is from its description.
    ///
    /// - Parameter leaves: The evidence of each entry's rows; `nil` without rows.
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
