internal import Foundation
package import Gateway
package import Scoring

/// What `best scores` scores with: the table, the boards behind it, the lists of models, the adjustments and the mode.
package struct ScoreBook {
    /// The name of the snapshot in the configuration directory.
    package static let snapshotName = "quality-snapshot.json"

    /// One scored model.
    package struct Row {
        /// The list it stands in, such as `groq.json`; `nil` for a model that was named on the command line or is known by boards only.
        package var file: String?
        package var model: ListedModel
        package var quality: ModelQuality
        /// What the adjustments add to its ability.
        package var shift: Double
        /// By which it is ordered: see `ScoreBook.score`.
        package var score: Double
    }

    package let table: QualityTable
    package let content: BoardSource.Content
    package let statuses: [BoardStore.Status]
    /// Lists of models, by the name of their file.
    package let lists: [(file: String, models: [ListedModel])]
    /// Which lists of models can't be read, and why.
    package let problems: [String]
    package let adjustments: ModelAdjustments
    /// The original's formula, in its mode.
    package let original: OriginalFormula?
    /// The original's formula over the same boards, to compare with.
    package let comparison: OriginalFormula
    /// What the table was made from, in a few words.
    package let origin: String

    /// Reads everything there is.
    ///
    /// - Parameter data: The directory named on the command line, else the gateway's own copies are taken, else the snapshot.
    package init(configuration: GatewayConfiguration, configDirectory: String, data: String?) throws {
        let store = data.map { BoardStore(directory: URL(filePath: $0)) } ?? Self.ownBoards(configuration)
        let directory = store.directory
        let loaded = store.load()
        statuses = loaded.statuses
        (lists, problems) = data == nil ? ([], []) : Self.lists(in: directory)
        content = loaded.content
        let listing = lists.flatMap(\.models)
        var table: QualityTable
        if loaded.content.boards.isEmpty {
            let snapshot = URL(filePath: configDirectory).appending(path: Self.snapshotName)
            table = (try? Data(contentsOf: snapshot)).flatMap { try? QualitySnapshot.read([UInt8]($0)) } ?? .empty
            origin = table.modelCount > 0 ? "snapshot \(snapshot.relativePath)" : "nothing: no boards and no snapshot"
        } else {
            table = QualityTable(fitting: loaded.content.boards, facts: loaded.content.facts, listing: listing, sources: loaded.sources)
            origin = "\(loaded.content.boards.count { !$0.isPart }) boards in \(directory.relativePath)"
        }
        table.aliases = Self.aliases(configuration.scoring)
        self.table = table
        adjustments = Self.adjustments(configuration)
        comparison = OriginalFormula(
            OriginalBoards.load(store).boards, adjustments: adjustments, weights: Self.weights(configuration.scoring.original))
        original = configuration.scoring.mode == .original ? comparison : nil
    }

    /// The gateway's own copies of the boards.
    package static func ownBoards(_ configuration: GatewayConfiguration) -> BoardStore {
        BoardStore(
            directory: URL(filePath: configuration.server.dataDirectory).appending(path: "leaderboards"),
            maximumBytes: configuration.leaderboards.maximumBytes)
    }

    /// The configured adjustments.
    package static func adjustments(_ configuration: GatewayConfiguration) -> ModelAdjustments {
        ModelAdjustments(configuration.adjustments.map { ModelAdjustments.Adjustment(name: $0.name, priority: $0.priority, patterns: $0.patterns) })
    }

    /// The configured weights of the original's formula.
    package static func weights(_ configured: OriginalWeights) -> OriginalFormula.Weights {
        var weights = OriginalFormula.Weights()
        (weights.leaderboard, weights.parameters) = (configured.leaderboard, configured.parameters)
        (weights.context, weights.adjustment) = (configured.context, configured.adjustment)
        return weights
    }

    /// The user's aliases: `id = model`, each checked when the configuration was read.
    package static func aliases(_ options: ScoringOptions) -> [String: String] {
        var aliases: [String: String] = [:]
        for alias in options.aliases {
            let sides = alias.split(separator: "=").map { String($0.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed()) }
            if sides.count == 2 { aliases[sides[0]] = sides[1] }
        }
        return aliases
    }

    /// A model's row.
    package func row(_ model: ListedModel, file: String? = nil) -> Row {
        let quality = table.quality(of: model)
        let shift = adjustments.shift(model.id)
        return Row(file: file, model: model, quality: quality, shift: shift, score: score(model, quality, shift))
    }

    /// The score: 0…1 for chat models (or the original's points, in its mode); below 0 for all others, since they can not stand in for one. Those
    /// that answer in text but do not converse come before those that do not.
    private func score(_ model: ListedModel, _ quality: ModelQuality, _ shift: Double) -> Double {
        if let original { return original.score(model.id, contextLength: model.contextLength).overall }
        switch quality.modelClass {
        case .chat: return ModelQuality.scaled(quality.ability + shift)
        case .tool, .router, .moderation: return -1
        case .embedding, .rerank, .speech, .media: return -2
        }
    }

    /// The rows to show, best first when it is a ranking for people; in the order of the lists otherwise.
    package func rows(_ names: [String], unmatched: Bool) -> [Row] {
        var rows: [Row]
        if !names.isEmpty {
            rows = names.map { row(listed($0)) }
        } else if !lists.isEmpty {
            rows = lists.flatMap { list in list.models.map { row($0, file: list.file) } }
        } else {
            rows = table.measuredNames.map { row(ListedModel(id: $0)) }
        }
        if unmatched { rows = rows.filter { $0.quality.evidence == 0 && $0.quality.modelClass.isChat } }
        return rows
    }

    /// A model named on the command line, with what a list says of it.
    package func listed(_ name: String) -> ListedModel {
        lists.lazy.flatMap(\.models).first { $0.id == name } ?? ListedModel(id: name)
    }

    /// The lists in the folder `provider-models` and the folders in it, and what is wrong with those that can't be read.
    private static func lists(in directory: URL) -> (lists: [(file: String, models: [ListedModel])], problems: [String]) {
        let folder = directory.appending(path: "provider-models")
        let names = FileManager.default.subpaths(atPath: folder.path)?.filter { $0.hasSuffix(".json") }.sorted() ?? []
        var found: (lists: [(file: String, models: [ListedModel])], problems: [String]) = ([], [])
        for name in names {
            do {
                found.lists.append((name, try ListedModelReader.read([UInt8](try Data(contentsOf: folder.appending(path: name))))))
            } catch {
                found.problems.append("\(name): \(error)")
            }
        }
        return found
    }
}
