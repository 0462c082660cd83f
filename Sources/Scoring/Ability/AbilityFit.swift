internal import Foundation

/// Fits one latent ability to each model from the rows of all boards.
///
/// Each row says `logit(score) = offset + slope · (ability + effort) + error`, with an offset, a slope and an
/// error for each board, so that a hard board and an easy one, an old one and a new one can be compared through
/// the models that they share. The ability of a model without rows comes from its description; that prior is
/// fitted to the same rows. Missing is missing. The structure is described in the README; it is a linear model
/// with three levels (description, model, dated release), fitted by alternating ridge steps.
///
/// The same rows give the same bits: everything is processed in sorted order, on one thread.
///
/// ```swift
/// let models = boards.flatMap(\.rows).map { ModelIdentity(parsing: $0.model) }
/// var fit = AbilityFit(boards, ModelCatalogue([], naming: models, firstSeen: [:]))
/// fit.run()
/// let abilities = zip(fit.catalogue.entries.map(\.identity.canonical), fit.ability)  // higher is better
/// ```
struct AbilityFit {
    /// The parameters, chosen by leaving out whole boards; the ranks change little around them.
    struct Settings {
        /// How far relatives lie apart.
        var spreads = Kinship.Spreads()
        /// How strongly the weights of the description are held near 0.
        var ridge = 8.0
        /// How strongly the boards' slopes are held near `usualSlope`.
        var slopeRidge = 2.0
        var usualSlope = 0.8
        /// How closely a task's ability is held to the general one.
        var taskSpread = 0.25
        var rounds = 40
    }

    /// The fitted values of one board.
    struct BoardFit {
        var offset = 0.0, slope = 1.0, error = 0.5
    }

    /// One row, with its model, board and effort as indices.
    private struct Observation {
        var model: Int, board: Int, effort: Int
        var value: Double
        var weight = 1.0
    }

    let catalogue: ModelCatalogue
    let boards: [Board]
    let settings: Settings
    /// The rows of the boards that count for the ability itself, and those of boards that are parts.
    private var whole: [Observation] = []
    private var parts: [Observation] = []
    private let design: [[Double]]
    let centre: AbilityFeatures.Centre
    /// For each entry of the catalogue: the index of its base model, and the number of base models.
    private let base: [Int]
    private let baseCount: Int

    private(set) var boardFits: [BoardFit]
    private(set) var efforts = [Double](repeating: 0, count: ReasoningEffort.allCases.count + 1)
    private(set) var weights: [Double]
    private(set) var prior: [Double]
    /// How far families and versions are from their descriptions, by `Kinship.name`.
    private(set) var groupEffects: [String: Double] = [:]
    private let kinship: Kinship
    private(set) var ability: [Double]
    private(set) var variance: [Double]
    /// Board rows of each model, and of all releases of its base model.
    private(set) var evidence: [Int]
    private(set) var baseEvidence: [Int]

    init(_ boards: [Board], _ catalogue: ModelCatalogue, settings: Settings = Settings()) {
        self.boards = boards
        self.catalogue = catalogue
        self.settings = settings
        let entries = catalogue.entries
        centre = AbilityFeatures.centre(of: entries)
        let centre = centre
        design = entries.map { AbilityFeatures.columns($0, centre) }
        var bases: [IdentityKey: Int] = [:]
        base = entries.map { entry in
            let key = entry.identity.key.base
            if let place = bases[key] { return place }
            bases[key] = bases.count
            return bases.count - 1
        }
        baseCount = bases.count
        kinship = Kinship(entries)
        boardFits = Array(repeating: BoardFit(), count: boards.count)
        weights = Array(repeating: 0, count: AbilityFeatures.names.count)
        prior = Array(repeating: 0, count: entries.count)
        ability = design.map { $0[1] * 0.8 }
        variance = Array(repeating: 0.2, count: entries.count)
        evidence = Array(repeating: 0, count: entries.count)
        baseEvidence = []
        collect()
    }

    /// Runs the fit.
    mutating func run() {
        guard !whole.isEmpty else { return }
        for _ in 0..<settings.rounds {
            normalise()
            fitBoards(whole)
            fitEfforts()
            updateAbilities()
        }
    }

    /// The ability at one task, where boards for that task add to the general ability: its difference from it,
    /// and the number of rows.
    func taskDifference(_ task: TaskClass) -> (difference: [Double], rows: [Int]) {
        let rows = (whole + parts).filter { boards[$0.board].task == task }
        let fits = fittedBoards(rows)
        var precision = [Double](repeating: 1 / (settings.taskSpread * settings.taskSpread), count: baseCount)
        var pull = [Double](repeating: 0, count: baseCount)
        var counts = [Int](repeating: 0, count: catalogue.entries.count)
        for row in rows {
            let fit = fits[row.board]
            let scale = row.weight * fit.slope / (fit.error * fit.error)
            precision[base[row.model]] += scale * fit.slope
            pull[base[row.model]] += scale * (row.value - fit.offset - fit.slope * (ability[row.model] + efforts[row.effort]))
            counts[row.model] += 1
        }
        return (base.map { pull[$0] / precision[$0] }, counts)
    }

    // MARK: The rows

    private mutating func collect() {
        for (place, board) in boards.enumerated() {
            var best: [Int: Observation] = [:]
            for row in board.rows where row.score > 0 {
                let identity = ModelIdentity(parsing: row.model)
                guard !identity.isComposite, let model = catalogue.places[identity.canonical] else { continue }
                // A score near 0 or 1 only says that the ability is at least that low or high, not how far.
                let share = min(max(row.score, 0.01), 0.99)
                let seen = Observation(
                    model: model, board: place, effort: identity.effort.map { $0.rawValue + 1 } ?? 0, value: log(share / (1 - share)))
                // A model's ability is measured when it may think as long as it helps: the same model with less
                // effort adds little.
                if let known = best[model], known.value >= seen.value { continue }
                best[model] = seen
            }
            let kept = best.keys.sorted().compactMap { best[$0] }
            if board.isPart { parts += kept } else { whole += kept }
        }
        for row in whole { evidence[row.model] += 1 }
        var sums = [Int](repeating: 0, count: baseCount)
        for (place, count) in evidence.enumerated() { sums[base[place]] += count }
        baseEvidence = base.map { sums[$0] }
        weigh(&whole)
        weigh(&parts)
        start()
    }

    /// The starting values: newer models are better, and so are those high up on their boards.
    private mutating func start() {
        var sums = [(count: Double, value: Double, square: Double)](repeating: (0, 0, 0), count: boards.count)
        for row in whole {
            sums[row.board].count += 1
            sums[row.board].value += row.value
            sums[row.board].square += row.value * row.value
        }
        for row in whole {
            let sum = sums[row.board]
            let mean = sum.value / sum.count
            let spread = max((sum.square / sum.count - mean * mean).squareRoot(), 0.1)
            ability[row.model] += 0.5 * (row.value - mean) / (spread.isNaN ? 0.1 : spread) / Double(evidence[row.model])
        }
    }

    /// Rows of one family about one model share their weight: n of them count as √n.
    private func weigh(_ rows: inout [Observation]) {
        var families: [String: Int] = [:]
        for board in boards where families[board.family] == nil { families[board.family] = families.count }
        let family = boards.map { families[$0.family] ?? 0 }
        var counts = [Int](repeating: 0, count: max(1, families.count) * catalogue.entries.count)
        func slot(_ row: Observation) -> Int { row.model * families.count + family[row.board] }
        for row in rows { counts[slot(row)] += 1 }
        for place in rows.indices { rows[place].weight = 1 / Double(counts[slot(rows[place])]).squareRoot() }
    }

    // MARK: The steps

    /// Fixes the scale: abilities of models with a row have mean 0 and spread 1.
    private mutating func normalise() {
        let seen = evidence.indices.filter { evidence[$0] > 0 }
        let mean = seen.reduce(0) { $0 + ability[$1] } / Double(seen.count)
        let spread = max((seen.reduce(0) { $0 + (ability[$1] - mean) * (ability[$1] - mean) } / Double(seen.count)).squareRoot(), 1e-9)
        for place in ability.indices {
            ability[place] = (ability[place] - mean) / spread
            variance[place] /= spread * spread
        }
        for place in efforts.indices { efforts[place] /= spread }
    }

    private mutating func fitBoards(_ rows: [Observation]) { boardFits = fittedBoards(rows) }

    /// Offset, slope and error of each board, given the abilities and their uncertainty.
    private func fittedBoards(_ rows: [Observation]) -> [BoardFit] {
        var sums = [(weight: Double, x: Double, y: Double)](repeating: (0, 0, 0), count: boards.count)
        for row in rows {
            sums[row.board].weight += row.weight
            sums[row.board].x += row.weight * (ability[row.model] + efforts[row.effort])
            sums[row.board].y += row.weight * row.value
        }
        var squares = [(xx: Double, xy: Double)](repeating: (0, 0), count: boards.count)
        for row in rows {
            let sum = sums[row.board]
            let x = ability[row.model] + efforts[row.effort] - sum.x / sum.weight
            squares[row.board].xx += row.weight * (x * x + variance[row.model])
            squares[row.board].xy += row.weight * x * (row.value - sum.y / sum.weight)
        }
        var fits = boardFits
        for place in fits.indices where sums[place].weight > 0 {
            fits[place].slope = max(
                0.02, (squares[place].xy + settings.slopeRidge * settings.usualSlope) / (squares[place].xx + settings.slopeRidge))
            fits[place].offset = (sums[place].y - fits[place].slope * sums[place].x) / sums[place].weight
        }
        var errors = [Double](repeating: 0, count: boards.count)
        for row in rows {
            let fit = fits[row.board]
            let error = row.value - fit.offset - fit.slope * (ability[row.model] + efforts[row.effort])
            errors[row.board] += row.weight * (error * error + fit.slope * fit.slope * variance[row.model])
        }
        // Two rows with an error of 0.5 keep a board with few rows from counting as exact.
        for place in fits.indices where sums[place].weight > 0 { fits[place].error = ((errors[place] + 0.5) / (sums[place].weight + 2)).squareRoot() }
        return fits
    }

    /// The effect of `low`, `high` and the like, the same for all models.
    private mutating func fitEfforts() {
        for effort in 1..<efforts.count {
            var pull = 0.0, precision = 10.0
            for row in whole where row.effort == effort {
                let fit = boardFits[row.board]
                let scale = row.weight * fit.slope / (fit.error * fit.error)
                pull += scale * (row.value - fit.offset - fit.slope * ability[row.model])
                precision += scale * fit.slope
            }
            efforts[effort] = pull / precision
        }
    }

    /// The prior's weights, then each model's ability between its prior, its relatives and its rows.
    private mutating func updateAbilities() {
        let count = catalogue.entries.count
        var precision = [Double](repeating: 0, count: count)
        var pull = [Double](repeating: 0, count: count)
        for row in whole {
            let fit = boardFits[row.board]
            let scale = row.weight * fit.slope / (fit.error * fit.error)
            precision[row.model] += scale * fit.slope
            pull[row.model] += scale * (row.value - fit.offset - fit.slope * efforts[row.effort])
        }
        fitPrior(precision, pull)
        let leaves = (0..<count).map { place in
            precision[place] > 0 ? Kinship.Message(precision: precision[place], sums: [pull[place] - precision[place] * prior[place]]) : nil
        }
        let estimates = kinship.estimates(leaves, settings.spreads)
        for (place, estimate) in estimates.entries.enumerated() {
            ability[place] = prior[place] + estimate.mean
            variance[place] = estimate.variance
        }
        for circle in [Kinship.Circle.family, .version] {
            for (name, estimate) in zip(kinship.names[circle.rawValue], estimates.groups[circle.rawValue]) { groupEffects[name] = estimate.mean }
        }
    }

    /// Generalised least squares: what relatives have in common is not counted once for each of them.
    private mutating func fitPrior(_ precision: [Double], _ pull: [Double]) {
        let columns = weights.count
        var matrix = [[Double]](repeating: [Double](repeating: 0, count: columns), count: columns)
        var right = [Double](repeating: 0, count: columns)
        /// Adds `scale` times the outer product of the columns with themselves and with the target, which is
        /// stored after them.
        func add(_ values: [Double], _ scale: Double) {
            for first in 0..<columns where values[first] != 0 {
                let scaled = scale * values[first]
                right[first] += scaled * values[columns]
                for second in 0...first { matrix[first][second] += scaled * values[second] }
            }
        }
        let release = settings.spreads.release
        let leaves = design.indices.map { place -> Kinship.Message? in
            guard precision[place] > 0 else { return nil }
            let target = pull[place] / precision[place]
            add(design[place] + [target], precision[place] / (1 + precision[place] * release * release))
            return Kinship.Message(precision: precision[place], sums: (design[place] + [target]).map { $0 * precision[place] })
        }
        kinship.gather(leaves, settings.spreads) { circle, _, message in
            let spread = settings.spreads[circle]
            add(message.sums, -spread * spread / (1 + message.precision * spread * spread))
        }
        for first in 0..<columns {
            for second in 0..<first { matrix[second][first] = matrix[first][second] }
            // The mean is free, and time almost so.
            matrix[first][first] += first == 0 ? 1e-6 : first == 1 ? 0.3 : settings.ridge
        }
        weights = LinearSolver.solve(matrix, right)
        for place in design.indices { prior[place] = zip(design[place], weights).reduce(0) { $0 + $1.0 * $1.1 } }
    }
}
