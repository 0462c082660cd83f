/// How many bytes a loop's connections and requests hold, against one budget for all of them: bodies, what was read ahead, what waits to be written,
/// answers that are kept.
///
/// Whoever wants to hold more asks first. Who is refused ends its own request or connection; the others keep what they have. Bytes that go on at
/// once, such as those the kernel takes, are never counted.
public final class HeldBytes {
    /// The budget in bytes. A lower one takes nothing from anybody; it lets nothing more in until less is held.
    public var most: Int
    /// Bytes that are held now.
    public private(set) var used = 0

    /// Makes a budget of which nothing is used. 1 GiB: thirty of the largest requests, and more than a busy hour of ordinary ones needs.
    public init(most: Int = 1024 * 1024 * 1024) {
        self.most = most
    }

    /// Whether there is room for `count` more bytes, whoever may hold them.
    public func hasRoom(for count: Int) -> Bool { count <= most - used }

    /// Counts `count` more bytes, if there is room for them.
    ///
    /// - Returns: Whether they may be held; if not, nothing was counted, and nothing is to be given back.
    @inline(__always)
    public func take(_ count: Int) -> Bool {
        guard count <= most - used else { return false }
        used += count
        return true
    }

    /// Counts `count` more bytes as a client's, if there is room for them and the client may have them wait.
    ///
    /// - Returns: Whether they may be held; if not, nothing was counted, and nothing is to be given back.
    public func take(_ count: Int, for client: ClientShare?) -> Bool {
        guard client?.mayWait(count, in: self) ?? true, take(count) else { return false }
        client?.bytes += count
        return true
    }

    /// Counts `count` more bytes of a body as a client's, who was asked before with `mayHold`.
    public func takeBody(_ count: Int, for client: ClientShare?) -> Bool {
        guard take(count) else { return false }
        client?.bytes += count
        return true
    }

    /// Has bytes that are held already count as a client's from now on.
    public func charge(_ count: Int, to client: ClientShare?) { client?.bytes += count }

    /// Gives a client's bytes back.
    public func give(_ count: Int, of client: ClientShare?) {
        give(count)
        client?.bytes -= count
    }

    /// Counts bytes that are held already and can't be left: little ones, with a bound of their own.
    public func add(_ count: Int) {
        used += count
    }

    /// Gives bytes back that were taken or added.
    @inline(__always)
    public func give(_ count: Int) {
        used -= count
        assert(used >= 0, "more bytes were given back than were taken")
    }
}
