/// Adds problems of one file to the common list.
struct ProblemReporter {
    /// The file as the user would name it.
    let file: String
    let problems: ProblemList

    /// Adds a problem; `expected` is not even made when the list is full, because finding the nearest key of thousands takes time.
    func report(at mark: SourceMark? = nil, _ path: ConfigurationPath = .root, found: String, expected: @autoclosure () -> String) {
        guard !problems.isFull else { return problems.count() }
        problems.add(
            Problem(file: file, line: mark?.line, column: mark?.column, keyPath: path.description, found: found, expected: expected()))
    }
}
