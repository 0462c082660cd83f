internal import Wire

/// A record of every request the mock received, for tests that must know when each came. Kept from the first
/// time it is asked for.
struct MockJournal: ~Copyable {
    /// Bytes kept; requests beyond them are only counted.
    private static let mostBytes = 32 * 1024 * 1024

    private(set) var isKept = false
    private var lines = ByteBuffer()
    private var lost = 0

    init() {}

    /// Records a request: the microseconds of `CLOCK_MONOTONIC`, the provider, the model, the body's `user`,
    /// and the outcome.
    ///
    /// - Parameters:
    ///   - status: The status, or 0 if there was no proper answer.
    ///   - wait: The milliseconds a refusal names; 0 for none.
    mutating func record(microseconds: UInt64, provider: String, model: String, user: RawSpan, status: Int, wait: Int) {
        guard isKept else { return }
        guard lines.count < MockJournal.mostBytes else {
            lost += 1
            return
        }
        lines.append(decimal: Int(clamping: microseconds))
        lines.append("\t")
        lines.append(utf8: provider)
        lines.append("\t")
        lines.append(utf8: model)
        lines.append("\t")
        lines.append(user)
        lines.append("\t")
        lines.append(decimal: status)
        lines.append("\t")
        lines.append(decimal: wait)
        lines.append("\n")
    }

    /// Moves the entries to `body`, and starts again from there.
    mutating func take(into body: inout ByteBuffer) {
        isKept = true
        body.append(lines.bytes)
        if lost > 0 {
            body.append("lost\t")
            body.append(decimal: lost)
            body.append("\n")
        }
        lines.removeAll()
        lost = 0
    }
}
