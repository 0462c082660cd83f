internal import Wire

/// What the mock was asked, request by request, for a test that must know when each came. Kept from the first time it is asked for.
struct MockJournal: ~Copyable {
    /// Bytes kept; what is beyond them is counted.
    private static let mostBytes = 32 * 1024 * 1024

    private(set) var isKept = false
    private var lines = ByteBuffer()
    private var lost = 0

    init() {}

    /// Notes a request: the microseconds of `CLOCK_MONOTONIC`, the provider, the model, the body's `user`, and what it was answered.
    ///
    /// - Parameters:
    ///   - status: The status, or 0 for an answer that is none.
    ///   - wait: The milliseconds a refusal names; 0 for none.
    mutating func note(microseconds: UInt64, provider: String, model: String, user: RawSpan, status: Int, wait: Int) {
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

    /// Moves what there is to `body`, and goes on from there.
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
