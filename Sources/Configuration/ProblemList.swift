/// Collects every problem of one load, so that all can be shown at once.
///
/// Confined to the call that loads; it is shared by reference among the readers of that call.
final class ProblemList {
    private var problems: [Problem] = []
    private var surplus = 0

    var isEmpty: Bool { problems.isEmpty }

    /// Whether no further problem is kept.
    var isFull: Bool { problems.count >= ConfigurationLimits.maximumProblems }

    /// Keeps `problem`, or only counts it when the list is full.
    func add(_ problem: Problem) {
        if isFull { count() } else { problems.append(problem) }
    }

    /// Counts a problem that is not kept.
    func count() {
        surplus += 1
    }

    /// The problems in the order of the files, and inside a file by line and column; each once.
    func sorted() -> [Problem] {
        var rank: [String: Int] = [:]
        for problem in problems where rank[problem.file] == nil { rank[problem.file] = rank.count }
        func key(_ problem: Problem) -> (Int, Int, Int) { (rank[problem.file, default: 0], problem.line ?? 0, problem.column ?? 0) }
        var seen: Set<Problem> = []
        // `sorted` is stable (Swift 5 on), so problems of one place keep the order in which they were found.
        var sorted = problems.sorted { key($0) < key($1) }.filter { seen.insert($0).inserted }
        if surplus > 0, let last = sorted.last {
            sorted.append(Problem(file: last.file, found: "\(surplus) further problems are not shown", expected: "mend the ones above first"))
        }
        return sorted
    }
}
