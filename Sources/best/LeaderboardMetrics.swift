internal import Observability
internal import Quality

/// How the boards are, as metrics.
enum LeaderboardMetrics {
    /// Writes them.
    ///
    /// - Parameter failed: What went wrong with sources when they were fetched last, by source.
    static func write(_ quality: ScoringQuality, failed: [String: String], into text: inout PrometheusText) {
        let copies = quality.copies
        text.begin("best_leaderboard_age_seconds", .gauge, "Age of the copy of a leaderboard or catalogue; left out where there is none.")
        for copy in copies { text.sample("best_leaderboard_age_seconds", [("source", copy.source)], copy.age.rounded()) }
        text.begin("best_leaderboard_rows", .gauge, "Rows of boards and entries of catalogues that were taken from the copy.")
        for copy in copies { text.sample("best_leaderboard_rows", [("source", copy.source)], copy.rows) }
        text.begin("best_leaderboard_ok", .gauge, "1 while the copy can be used and the last fetch did not fail, 0 otherwise.")
        let healthy = Dictionary(uniqueKeysWithValues: copies.map { ($0.source, $0.isUsable) })
        for source in Set(healthy.keys).union(failed.keys).sorted() {
            text.sample("best_leaderboard_ok", [("source", source)], healthy[source] == true && failed[source] == nil ? 1 : 0)
        }
    }
}
