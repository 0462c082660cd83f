internal import Bench

/// The progress of a run, in one line of the terminal; nothing when standard error is none.
final class BenchProgressDisplay {
    /// The line is drawn anew at most ten times a second, so that drawing costs the run nothing.
    private static let callsPerDrawing = 5

    private let isTerminal = Terminal.isTerminal(2)
    private var calls = 0
    private var isDrawn = false

    /// Shows how far the run has come.
    func show(_ target: String, _ progress: LoadProgress) {
        guard isTerminal else { return }
        calls += 1
        guard calls % BenchProgressDisplay.callsPerDrawing == 1 else { return }
        Terminal.draw(ProgressLine.text(progress, target: target, width: Terminal.width))
        isDrawn = true
    }

    /// Takes the line away.
    func clear() {
        if isDrawn { Terminal.draw("") }
        isDrawn = false
    }
}
