/// The line that a terminal shows during a run.
public enum ProgressLine {
    /// The line for a width in columns, at least 40.
    public static func text(_ progress: LoadProgress, target: String, width: Int) -> String {
        let phase = progress.isWarmingUp ? "warming up" : "\(NumberText.fixed(progress.requestRate, 0, grouped: true)) answers/s"
        let failed = progress.failed == 0 ? "" : ", \(progress.failed) failed"
        let percent = NumberText.fixed(min(1, max(0, progress.fraction)) * 100, 0)
        let text = " \(percent) %  \(target): \(phase), \(progress.inFlight) under way\(failed)"
        let room = max(10, min(40, width - text.count - 3))
        let full = Int(Double(room) * min(1, max(0, progress.fraction)))
        let line = "[" + String(repeating: "#", count: full) + String(repeating: ".", count: room - full) + "]" + text
        return String(line.prefix(max(40, width) - 1))
    }
}
