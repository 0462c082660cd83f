internal import Foundation
package import Gateway
package import Scoring

/// What is known of models' quality at one moment. Read on the thread pool, used on the loop.
package struct KnownQuality: Sendable {
    /// The name of the last fit, beside the boards that it was made of.
    package static let fitName = "fitted.json"
    /// Most models that are kept of a fit: all that boards have, then the newest that catalogues know.
    private static let maximumModels = 3000

    package var table = QualityTable.empty
    /// The rows of the boards behind the table, for explanations; none until they have been read, and where there are none.
    package var rows = BoardRows([])
    package var adjustments = ModelAdjustments.none
    /// The original's formula, in its mode.
    package var original: OriginalFormula?
    /// What was found of each source; empty until the boards have been read.
    package var statuses: [BoardStore.Status] = []
    /// Why there is nothing to go by but models' descriptions; `nil` when there is.
    package var snapshotProblem: String?
    /// Stands for everything that ratings are made of: what is equal has the same one, in every process.
    package var identity = "none"

    /// The last fit, else the snapshot that comes with the program: both are there at once.
    package static func atHand(_ configuration: GatewayConfiguration, directory: String) -> KnownQuality {
        let store = ScoreBook.ownBoards(configuration)
        if let kept = try? store.bytes(at: fitName), let table = try? QualitySnapshot.read(kept) {
            return KnownQuality(table, keptAs: kept, configuration, store)
        }
        let snapshot = URL(filePath: directory).appending(path: ScoreBook.snapshotName)
        guard let bytes = (try? Data(contentsOf: snapshot)).map({ [UInt8]($0) }) else {
            var known = KnownQuality(.empty, keptAs: [], configuration, store)
            known.snapshotProblem = "\(snapshot.relativePath) can't be read; it comes with the program"
            return known
        }
        do throws(BoardError) {
            return KnownQuality(try QualitySnapshot.read(bytes), keptAs: bytes, configuration, store)
        } catch {
            var known = KnownQuality(.empty, keptAs: [], configuration, store)
            known.snapshotProblem = "\(snapshot.relativePath) is ignored: \(error.description)"
            return known
        }
    }

    /// The boards that were fetched, and a fit to them, made anew where the last one is older than they are; where there are none, what is at hand.
    package static func whole(_ configuration: GatewayConfiguration, directory: String) -> KnownQuality {
        let store = ScoreBook.ownBoards(configuration)
        let loaded = store.load()
        var known: KnownQuality
        if loaded.content.boards.isEmpty {
            known = atHand(configuration, directory: directory)
        } else if let kept = store.bytes(at: fitName, notOlderThan: BoardSource.all), let table = try? QualitySnapshot.read(kept) {
            known = KnownQuality(table, keptAs: kept, configuration, store)
        } else {
            let fitted = QualityTable(fitting: loaded.content.boards, facts: loaded.content.facts, sources: loaded.sources)
            let bytes = QualitySnapshot.write(fitted, maximumModels: maximumModels)
            store.keep(bytes, at: fitName)
            // As it is read, it is the same now and after a restart.
            known = KnownQuality((try? QualitySnapshot.read(bytes)) ?? fitted, keptAs: bytes, configuration, store)
        }
        known.rows = BoardRows(loaded.content.boards)
        known.statuses = loaded.statuses
        return known
    }

    private init(_ table: QualityTable, keptAs bytes: [UInt8], _ configuration: GatewayConfiguration, _ store: BoardStore) {
        self.table = table
        self.table.aliases = ScoreBook.aliases(configuration.scoring)
        adjustments = ScoreBook.adjustments(configuration)
        var digest = ContentDigest()
        digest.add(bytes)
        for adjustment in configuration.adjustments {
            digest.add(adjustment.name)
            digest.add("\(adjustment.priority)")
            adjustment.patterns.forEach { digest.add($0) }
        }
        configuration.scoring.aliases.forEach { digest.add($0) }
        if configuration.scoring.mode == .original {
            let rows = OriginalBoards.load(store).boards
            original = OriginalFormula(rows, adjustments: adjustments, weights: ScoreBook.weights(configuration.scoring.original))
            let weights = configuration.scoring.original
            for weight in [weights.leaderboard, weights.parameters, weights.context, weights.adjustment] { digest.add("\(weight)") }
            for row in rows.rows {
                digest.add(row.name)
                digest.add("\(row.score)")
            }
        }
        identity = "\(configuration.scoring.mode.rawValue).\(digest.text)"
    }

    /// Knows nothing.
    package init() {}
}
