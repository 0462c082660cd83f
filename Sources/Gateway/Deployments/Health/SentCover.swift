internal import Wire

/// How far the store knows of what was sent, so that a bound holds although the process may be killed at any moment.
///
/// A record of the store holds what was sent up to it, and some more that may be sent before the next one: after a crash that counts as sent. What goes beyond
/// it waits for the next record.
struct SentCover: Sendable {
    /// All that was sent, since the start.
    private var sent = 0
    /// Up to here the store knows of it, or counts it ahead.
    private var covered = 0
    /// Up to where it will when the record is kept that is under way.
    private var promised: Int?
    /// What the last record counts ahead.
    private var ahead = 0

    /// Notes what is sent.
    ///
    /// - Returns: Whether the store knows of it.
    mutating func send(_ amount: Int) -> Bool {
        sent = sent.addingClamped(amount)
        return sent <= covered
    }

    /// Whether a record is due: half of what the last one counts ahead is used.
    var isRunningLow: Bool { promised == nil && covered - sent < ahead / 2 }
    /// Whether a record counts more than was sent.
    var isAhead: Bool { covered > sent }

    /// A record is made.
    ///
    /// - Parameter amount: What it counts ahead.
    mutating func beginRecord(ahead amount: Int) {
        let end = sent.addingClamped(amount)
        (promised, ahead) = (end, amount)
        // The record may be kept at any moment, and then counts no more than it says.
        covered = min(covered, end)
    }

    /// The record is kept.
    mutating func recorded() {
        if let promised { covered = promised }
        promised = nil
    }

    /// The record could not be kept: the one before it counts.
    mutating func recordFailed() { promised = nil }

    /// What may be counted ahead where so much is left of a limit: nothing where that is little, so that a crash takes nothing of it.
    ///
    /// | left | up to 31 | 32 | 160 | 1600 |
    /// | --- | --- | --- | --- | --- |
    /// | ahead | 0 | 2 | 10 | 100 |
    static func ahead(ofLeft left: Int) -> Int { left < 32 ? 0 : left / 16 }
}
