package import EventLoop
internal import Foundation
package import Gateway
internal import Scoring
internal import Wire

/// Tells the gateway how good models are: by the boards in the data directory, else by the snapshot that comes with the program.
package final class ScoringQuality: QualitySource {
    /// 2020-01-01 in seconds since 1970, from where the table counts days.
    private static let firstDay = 1_577_836_800

    private var known = KnownQuality()
    private var knownSince = Date()
    /// The problems of copies of boards that were said, by source, so that one that lasts is said once.
    private var problems: [String: String] = [:]

    /// Makes one that knows nothing yet.
    package init() {}

    package var snapshot: String { known.identity }

    /// Takes what is at hand, on the thread pool: a part of what a start waits for.
    package func load(_ configuration: GatewayConfiguration, directory: String, on loop: EventLoop) async {
        adopt(await LoopWork.run(on: loop) { KnownQuality.atHand(configuration, directory: directory) })
    }

    /// Reads the boards, and fits them again where they have changed; a fit takes a part of a second of the thread pool.
    ///
    /// - Returns: Whether any rating may have changed.
    package func loadBoards(_ configuration: GatewayConfiguration, directory: String, on loop: EventLoop) async -> Bool {
        let before = snapshot
        adopt(await LoopWork.run(on: loop) { KnownQuality.whole(configuration, directory: directory) })
        return snapshot != before
    }

    private func adopt(_ new: KnownQuality) {
        known = new
        knownSince = Date()
    }

    /// What is wrong with copies of boards or the snapshot and was not said before.
    package func newProblems() -> [String] {
        var new = known.statuses.compactMap { status in
            isNew(status.problem, about: status.source) ? status.problem.map { "the copy of \(status.source) is ignored: \($0)" } : nil
        }
        if let problem = known.snapshotProblem, isNew(problem, about: ScoreBook.snapshotName) {
            new.append("models are ordered by their descriptions alone until boards have been fetched: \(problem)")
        }
        return new
    }

    private func isNew(_ problem: String?, about source: String) -> Bool {
        problems.updateValue(problem ?? "", forKey: source) != problem
    }

    /// The sources of which there is a copy, with its age in seconds now.
    package var copies: [(source: String, age: Double, rows: Int, isUsable: Bool)] {
        let since = Date().timeIntervalSince(knownSince)
        return known.statuses.compactMap { status in status.age.map { (status.source, $0 + since, status.rows, status.problem == nil) } }
    }

    package var rater: @Sendable (_ model: ModelConfiguration, _ provider: String) -> QualityRating {
        { [known] model, _ in ScoringQuality.rate(model, by: known) }
    }

    private static func rate(_ model: ModelConfiguration, by known: KnownQuality) -> QualityRating {
        var rating = QualityRating()
        let quality = known.table.quality(of: listed(model))
        rating.canonical = quality.canonical
        rating.isChat = quality.modelClass.isChat
        rating.general = QualityRating.Ability(mean: quality.ability, deviation: quality.abilityDeviation, evidence: quality.evidence)
        for (task, mean) in quality.tasks {
            guard let kind = ScoringProfile.TaskClass(rawValue: task.rawValue) else { continue }
            // The table tells tasks on the scale of 0 to 1.
            let ability = log(mean / (1 - mean))
            rating.tasks[kind] = QualityRating.Ability(mean: ability, deviation: quality.abilityDeviation, evidence: quality.evidence)
        }
        rating.adjustment = known.adjustments.shift(model.id)
        if let original = known.original { rating.original = original.score(model.id, contextLength: model.contextLength).overall }
        rating.contextLength = quality.contextLength
        rating.maximumOutputTokens = quality.outputLimit
        rating.prices = quality.price?.whole ?? TokenPrices()
        let inputs = Set(quality.inputModalities.compactMap(Modality.init(rawValue:)))
        rating.inputModalities = inputs.isEmpty ? nil : inputs
        return rating
    }

    // The name alone says it; the whole quality takes ten times as long, and clients choose the text.
    package func canonicalName(of text: String) -> String? { known.table.identity(of: ListedModel(id: text)).canonical }

    package var evidence: @Sendable (_ canonical: String) -> [QualityEvidence] {
        { [known] canonical in
            let today = Int(Date().timeIntervalSince1970) - Self.firstDay
            return known.table.rows(for: canonical, in: known.rows).map { row in
                QualityEvidence(
                    board: row.board, row: row.model, value: row.score, weight: row.isOwn ? 1 : 0.5,
                    age: row.day.map { .seconds(max(0, today - $0 * 86_400)) })
            }
        }
    }

    /// A provider's model as the table knows models.
    private static func listed(_ model: ModelConfiguration) -> ListedModel {
        var listed = ListedModel(id: model.id)
        listed.createdDay = model.created.map { ($0 - firstDay) / 86_400 }
        listed.contextLength = model.contextLength
        listed.inputModalities = model.inputModalities?.map(\.rawValue).sorted() ?? []
        listed.outputModalities = model.outputModalities?.map(\.rawValue).sorted() ?? []
        listed.servesChat = model.kind.map { $0 == .chat }
        listed.aliases = model.aliases + model.otherNames
        if let prompt = model.promptPrice, let completion = model.completionPrice { listed.price = ModelPrice(input: prompt, output: completion) }
        return listed
    }
}
