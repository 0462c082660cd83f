internal import EventLoop

/// Remembers which deployment a conversation was answered by. It has a bounded size; the conversation unused for longest is forgotten first.
final class AffinityTable {
    private struct Entry {
        var conversation: UInt64
        var deployment: Deployment
        var usedAt: LoopInstant
        /// The neighbours in the order of use; -1 is none.
        var older: Int32
        var newer: Int32
    }

    private let capacity: Int
    private let lifetime: LoopInterval
    private var places: [UInt64: Int32] = [:]
    private var entries: [Entry] = []
    private var oldest: Int32 = -1
    private var newest: Int32 = -1

    init(_ options: AffinityOptions) {
        capacity = max(1, min(options.capacity, Int(Int32.max)))
        lifetime = LoopInterval(options.lifetime)
    }

    var count: Int { entries.count }

    /// The deployment of a conversation; `nil` when there is none, or none that was used lately.
    func deployment(of conversation: UInt64, at now: LoopInstant) -> Deployment? {
        guard let place = places[conversation] else { return nil }
        let entry = entries[Int(place)]
        return now <= entry.usedAt.advanced(by: lifetime) ? entry.deployment : nil
    }

    /// Notes who answered.
    func note(_ conversation: UInt64, _ deployment: Deployment, at now: LoopInstant) {
        if let place = places[conversation] {
            unlink(place)
            entries[Int(place)].deployment = deployment
            entries[Int(place)].usedAt = now
            return linkNewest(place)
        }
        let entry = Entry(conversation: conversation, deployment: deployment, usedAt: now, older: -1, newer: -1)
        let place: Int32
        if entries.count < capacity {
            place = Int32(entries.count)
            entries.append(entry)
        } else {
            place = oldest
            unlink(place)
            places[entries[Int(place)].conversation] = nil
            entries[Int(place)] = entry
        }
        places[conversation] = place
        linkNewest(place)
    }

    private func unlink(_ place: Int32) {
        let (older, newer) = (entries[Int(place)].older, entries[Int(place)].newer)
        if older >= 0 { entries[Int(older)].newer = newer } else { oldest = newer }
        if newer >= 0 { entries[Int(newer)].older = older } else { newest = older }
    }

    private func linkNewest(_ place: Int32) {
        entries[Int(place)].older = newest
        entries[Int(place)].newer = -1
        if newest >= 0 { entries[Int(newest)].newer = place } else { oldest = place }
        newest = place
    }
}
