internal import EventLoop
internal import Foundation
internal import Gateway
internal import Scoring

/// Tells the gateway how good models are: by the boards in the data directory, else by the snapshot that comes with the program.
final class ScoringQuality: QualitySource {
    /// 2020-01-01 in seconds since 1970, from where the table counts days.
    private static let firstDay = 1_577_836_800

    private(set) var snapshot = "none"
    private var book: ScoreBook?
    private var loads = 0

    /// Reads what there is, on the thread pool: a fit over all boards takes a part of a second.
    func load(_ configuration: GatewayConfiguration, directory: String, on loop: EventLoop) async {
        let book = await LoopWork.run(on: loop) { try? ScoreBook(configuration: configuration, configDirectory: directory, data: nil) }
        guard let book else { return }
        self.book = book
        loads += 1
        snapshot = "\(configuration.scoring.mode.rawValue)\(loads).\(book.table.newestDay ?? 0)"
    }

    func quality(of model: ModelConfiguration, provider: String) -> QualityRating {
        var rating = QualityRating()
        guard let book else { return rating }
        let listed = Self.listed(model)
        let quality = book.table.quality(of: listed)
        rating.canonical = quality.canonical
        rating.isChat = quality.modelClass.isChat
        rating.general = QualityRating.Ability(mean: quality.ability, deviation: quality.abilityDeviation, evidence: quality.evidence)
        for (task, mean) in quality.tasks {
            guard let known = ScoringProfile.TaskClass(rawValue: task.rawValue) else { continue }
            // The table tells tasks on the scale of 0 to 1.
            let ability = log(mean / (1 - mean))
            rating.tasks[known] = QualityRating.Ability(mean: ability, deviation: quality.abilityDeviation, evidence: quality.evidence)
        }
        rating.adjustment = book.adjustments.shift(model.id)
        if let original = book.original { rating.original = original.score(model.id, contextLength: model.contextLength).overall }
        rating.contextLength = quality.contextLength
        rating.promptPrice = quality.price?.input
        rating.completionPrice = quality.price?.output
        let inputs = Set(quality.inputModalities.compactMap(Modality.init(rawValue:)))
        rating.inputModalities = inputs.isEmpty ? nil : inputs
        return rating
    }

    func canonicalName(of text: String) -> String? { book?.table.quality(ofID: text).canonical }

    func evidence(for canonical: String) -> [QualityEvidence] {
        guard let book else { return [] }
        let today = Int(Date().timeIntervalSince1970) - Self.firstDay
        return book.table.explain(ListedModel(id: canonical), boards: book.content.boards).rows.map { row in
            QualityEvidence(
                board: row.board, row: row.model, value: row.score, weight: row.isOwn ? 1 : 0.5,
                age: row.day.map { .seconds(max(0, today - $0 * 86_400)) })
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
