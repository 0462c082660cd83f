/// How many bytes a loop's connections and requests hold, against one budget for all of them: bodies, data read
/// ahead, data waiting to be written, answers that are kept.
///
/// A holder asks before it holds more. If it is refused, it ends its own request or connection; the others keep
/// what they have. Bytes that are passed on at once, such as those the kernel takes, are never counted.
public final class HeldBytes {
    /// The budget in bytes. Lowering it takes nothing away; nothing more is admitted until less is held.
    public var most: Int
    /// Bytes that are held now.
    public private(set) var used = 0

    /// Makes an unused budget. 1 GiB: thirty of the largest requests, and more than a busy hour of ordinary
    /// ones needs.
    public init(most: Int = 1024 * 1024 * 1024) {
        self.most = most
    }

    /// Whether there is room for `count` more bytes, for any holder.
    public func hasRoom(for count: Int) -> Bool { count <= most - used }

    /// Counts `count` more bytes, if there is room for them.
    ///
    /// - Returns: Whether they may be held; if not, nothing was counted and nothing must be given back.
    @inline(__always)
    public func take(_ count: Int) -> Bool {
        guard count <= most - used else { return false }
        used += count
        return true
    }

    /// Counts `count` more bytes as a client's, if there is room and the client may have them wait.
    ///
    /// - Returns: Whether they may be held; if not, nothing was counted and nothing must be given back.
    public func take(_ count: Int, for client: ClientShare?) -> Bool {
        guard client?.mayWait(count, in: self) ?? true, take(count) else { return false }
        client?.bytes += count
        return true
    }

    /// Counts `count` more bytes of a body as a client's, after `mayHold` was asked.
    public func takeBody(_ count: Int, for client: ClientShare?) -> Bool {
        guard take(count) else { return false }
        client?.bytes += count
        return true
    }

    /// Attributes bytes that are already held to a client.
    public func charge(_ count: Int, to client: ClientShare?) { client?.bytes += count }

    /// Gives a client's bytes back.
    public func give(_ count: Int, of client: ClientShare?) {
        give(count)
        client?.bytes -= count
    }

    /// Counts bytes that are already held and can't be avoided: few, with a bound of their own.
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
