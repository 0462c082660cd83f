internal import EventLoop

/// Remembers which deployment a conversation was answered by. It has a bounded size; when it is full, the conversation unused for longest is forgotten of the
/// client that has most.
final class AffinityTable {
    /// A request of a conversation that is under way.
    struct Ticket: Sendable {
        fileprivate let place: Int32
        fileprivate let serial: UInt64
    }

    private struct Entry {
        /// Tells it apart from others that have had its place.
        let serial: UInt64
        var conversation: UInt64
        /// The number it had before; a request that is made once more is found by it.
        var earlier: UInt64?
        var client: ClientTag
        var deployment: Deployment
        var usedAt: LoopInstant
        /// How many of its requests are under way.
        var underWay = 0
        /// The neighbours in the order in which the client used them; -1 is none.
        var older: Int32 = -1
        var newer: Int32 = -1
    }

    /// The ends of one client's order.
    private struct Order {
        var oldest: Int32 = -1
        var newest: Int32 = -1
    }

    /// How many entries were made, in earlier tables, too.
    private(set) var serials: UInt64
    private let capacity: Int
    private let lifetime: LoopInterval
    private var places: [UInt64: Int32] = [:]
    private var entries: [Entry] = []
    private var orders: [ClientTag: Order] = [:]
    private var shares = ClientShares()

    /// Makes an empty one.
    ///
    /// - Parameter serials: How many entries the tables before it have made: their tickets are of no entry here.
    init(_ options: AffinityOptions, after serials: UInt64 = 0) {
        self.serials = serials
        capacity = max(1, min(options.capacity, Int(Int32.max)))
        lifetime = LoopInterval(options.lifetime)
    }

    var count: Int { entries.count }

    /// The deployment of a conversation, by the number of its earlier request; `nil` when there is none, or none that was used lately.
    func deployment(of conversation: Conversation, at now: LoopInstant) -> Deployment? {
        guard let place = place(of: conversation) else { return nil }
        let entry = entries[Int(place)]
        return now <= entry.usedAt.advanced(by: lifetime) ? entry.deployment : nil
    }

    /// A request of a conversation begins.
    ///
    /// - Returns: By what the request's end is to be told; `nil` where the conversation is not known.
    func began(_ conversation: Conversation) -> Ticket? {
        guard let place = place(of: conversation) else { return nil }
        entries[Int(place)].underWay += 1
        return Ticket(place: place, serial: entries[Int(place)].serial)
    }

    /// A request whose begin was noted has an end. Its conversation may have been forgotten meanwhile.
    func ended(_ ticket: Ticket) {
        let place = Int(ticket.place)
        guard place < entries.count, entries[place].serial == ticket.serial else { return }
        entries[place].underWay -= 1
    }

    /// How many requests of a conversation are under way that began when it was known.
    func underWay(_ conversation: Conversation) -> Int { place(of: conversation).map { entries[Int($0)].underWay } ?? 0 }

    private func place(of conversation: Conversation) -> Int32? { places[conversation.earlier ?? conversation.number] }

    /// Notes who answered. The conversations of different clients have different numbers.
    func note(_ conversation: Conversation, of client: ClientTag = .everybody, _ deployment: Deployment, at now: LoopInstant) {
        let number = conversation.number
        if let place = places[number] ?? placeMovedOn(conversation) {
            entries[Int(place)].deployment = deployment
            entries[Int(place)].usedAt = now
            return moveToEnd(place)
        }
        serials += 1
        let entry = Entry(serial: serials, conversation: number, client: client, deployment: deployment, usedAt: now)
        let place: Int32
        if entries.count < capacity {
            place = Int32(entries.count)
            entries.append(entry)
        } else if let largest = shares.largest(preferring: client), let oldest = orders[largest]?.oldest, oldest >= 0 {
            place = oldest
            unlink(place)
            shares.remove(largest)
            forget(entries[Int(place)].conversation, at: place)
            if let earlier = entries[Int(place)].earlier { forget(earlier, at: place) }
            entries[Int(place)] = entry
        } else {
            return
        }
        places[number] = place
        shares.add(client)
        linkNewest(place)
    }

    /// Has the entry of the earlier request be that of the one which goes on from it. Of several that go on from the same one the first has it.
    private func placeMovedOn(_ conversation: Conversation) -> Int32? {
        guard let earlier = conversation.earlier, let place = places[earlier], entries[Int(place)].conversation == earlier else { return nil }
        if let before = entries[Int(place)].earlier { forget(before, at: place) }
        (entries[Int(place)].conversation, entries[Int(place)].earlier) = (conversation.number, earlier)
        places[conversation.number] = place
        return place
    }

    private func forget(_ number: UInt64, at place: Int32) {
        if places[number] == place { places[number] = nil }
    }

    private func moveToEnd(_ place: Int32) {
        guard entries[Int(place)].newer >= 0 else { return }
        unlink(place)
        linkNewest(place)
    }

    private func unlink(_ place: Int32) {
        let entry = entries[Int(place)]
        if entry.older >= 0 { entries[Int(entry.older)].newer = entry.newer }
        if entry.newer >= 0 { entries[Int(entry.newer)].older = entry.older }
        guard entry.older < 0 || entry.newer < 0, var order = orders[entry.client] else { return }
        if entry.older < 0 { order.oldest = entry.newer }
        if entry.newer < 0 { order.newest = entry.older }
        orders[entry.client] = order.oldest < 0 ? nil : order
    }

    private func linkNewest(_ place: Int32) {
        let client = entries[Int(place)].client
        var order = orders[client] ?? Order()
        entries[Int(place)].older = order.newest
        entries[Int(place)].newer = -1
        if order.newest >= 0 { entries[Int(order.newest)].newer = place } else { order.oldest = place }
        order.newest = place
        orders[client] = order
    }
}
